package io.ddict.store.pool;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ddict.store.SharedMemoryDirectory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HugePagesTest {
    private static final long LENGTH = HugePages.LENGTH;

    @TempDir(factory = SharedMemoryDirectory.class)
    private Path directory;

    private FileChannel file(long contentLength) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve("file"), CREATE_NEW, READ, WRITE);
        channel.write(ByteBuffer.allocate(1), HugePages.fileLength(contentLength) - 1);
        return channel;
    }

    @ParameterizedTest
    @ValueSource(longs = {LENGTH, LENGTH + 4096, 3 * LENGTH - 4096, 37 * LENGTH + 12_288})
    void mapsAlignedWhatCanHaveLargePages(long length) throws IOException {
        try (FileChannel channel = file(length); Arena arena = Arena.ofConfined()) {
            for (int mapping = 0; mapping < 5; mapping++) {
                MemorySegment bytes = HugePages.map(channel, MapMode.READ_ONLY, length, arena);
                assertThat(bytes.byteSize()).isEqualTo(length);
                assertThat(bytes.address() % LENGTH).isZero();
            }
        }
    }

    @Test
    void mapsOtherFilesAsTheyAre() throws IOException {
        try (FileChannel channel = file(12_288); Arena arena = Arena.ofConfined()) {
            assertThat(channel.size()).isEqualTo(12_288);
            assertThat(HugePages.map(channel, MapMode.READ_ONLY, 12_288, arena).byteSize())
                    .isEqualTo(12_288);
            assertThat(HugePages.map(channel, MapMode.READ_ONLY, 5 * LENGTH, arena).byteSize())
                    .as("a file cut short")
                    .isEqualTo(12_288);
        }
    }

    @Test
    void triesWhetherThereAreAnyAndLeavesNothing() throws IOException {
        boolean possible = HugePages.arePossible(directory);
        assertThat(directory).isEmptyDirectory();
        assertThat(HugePages.arePossible(directory)).isEqualTo(possible);
    }

    @Test
    void joinsPagesWithoutChangingWhatIsInThem() throws IOException {
        try (FileChannel channel = file(2 * LENGTH); Arena arena = Arena.ofConfined()) {
            MemorySegment bytes =
                    HugePages.map(channel, MapMode.READ_WRITE, 2 * LENGTH, arena);
            MemorySegment range = bytes.asSlice(LENGTH, LENGTH);
            for (long offset = 4096; offset < LENGTH / 2; offset += 4096) {
                range.set(JAVA_BYTE, offset, (byte) (offset >>> 12));
            }
            assumeThat(HugePages.join(range)).as("this kernel has MADV_COLLAPSE").isTrue();
            for (long offset = 0; offset < LENGTH; offset += 4096) {
                assertThat(range.get(JAVA_BYTE, offset))
                        .isEqualTo(offset < LENGTH / 2 ? (byte) (offset >>> 12) : 0);
            }
            assertThat(HugePages.join(range)).as("once more").isTrue();
        }
    }

    @Test
    void leavesARangeThatIsNotAligned() throws IOException {
        try (FileChannel channel = file(2 * LENGTH); Arena arena = Arena.ofConfined()) {
            MemorySegment bytes =
                    HugePages.map(channel, MapMode.READ_WRITE, 2 * LENGTH, arena);
            bytes.set(JAVA_BYTE, 8192, (byte) 7);
            assertThat(HugePages.join(bytes.asSlice(4096, LENGTH))).isFalse();
            assertThat(bytes.get(JAVA_BYTE, 8192)).isEqualTo((byte) 7);
        }
    }
}
