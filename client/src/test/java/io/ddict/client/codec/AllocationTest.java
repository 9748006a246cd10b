package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final int RUNS = 100_000;
    private static final long SEED = 42;

    private final Codecs codecs = Codecs.standard();
    private final Scratch scratch = new Scratch();
    private final KeyBytes keyBytes = new KeyBytes();

    @Test
    void putsBytesWithoutAllocating() {
        assertPutsWithoutAllocating(new byte[16], new byte[1024]);
    }

    @Test
    void putsPrimitiveArraysTextAndBoxedNumbersWithoutAllocating() {
        for (Object value : List.of(new double[64], new int[3], "some text", "grün", 7L, 3, 1.5,
                true)) {
            assertPutsWithoutAllocating("row-17", value);
            assertPutsWithoutAllocating(17L, value);
        }
    }

    private void assertPutsWithoutAllocating(Object key, Object value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(4096);
            // Twice before it counts: the compiler allocates on this thread's account too.
            put(key, value, target);
            put(key, value, target);

            assertThat(put(key, value, target)).as("B in %s puts of %s", RUNS, value.getClass())
                    .isLessThan(RUNS);
        }
    }

    private long put(Object key, Object value, MemorySegment target) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long hashes = 0;
        for (int i = 0; i < RUNS; i++) {
            codecs.encodeKey(key, keyBytes);
            hashes ^= keyBytes.hash(SEED) + i;
            Codec<Object> codec = codecs.forValue(value);
            long length = codec.prepare(value, scratch);
            codec.write(value, scratch, target, length & 7);
        }
        assertThat(hashes).isNotEqualTo(1);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void readsBytesIntoOneArrayOfTheirLength() {
        MemorySegment source = MemorySegment.ofArray(new byte[1 << 20]);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Codec<?> codec = codecs.byTag(Tags.BYTES);
        codec.read(source, 0, 16);

        long before = threads.getCurrentThreadAllocatedBytes();
        Object value = codec.read(source, 0, 1 << 20);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat((byte[]) value).hasSize(1 << 20);
        assertThat(allocated).isLessThan((1 << 20) + 1000);
    }
}
