package io.ddict.bench.limits;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/*
 * Each line holds the number of the next one, so that no load can begin before the one before has
 * ended. The numbers are those of a linear congruential generator whose period is the number of lines
 * (Knuth, volume 2, 3.2.1.2, theorem A), so that all lines are in one cycle, and no prefetcher
 * guesses the next.
 */

/** How long a load takes that waits for the one before: from a core's cache, and from memory. */
public final class AccessLimit {
    private static final int LINE_LENGTH = 64;
    private static final long HOT_LENGTH = 16 << 10;
    private static final long MULTIPLIER = 0x5851_F42D_4C95_7F2DL;
    private static final long INCREMENT = 0x1405_7B7E_F767_814FL;
    private static final int BATCH = 1_000;
    private static final int LENGTH_STEP = 64;

    private final Effort effort;
    private final Path folder;

    /**
     * Measures nothing yet.
     *
     * @param folder for its file, on /dev/shm
     */
    public AccessLimit(Effort effort, Path folder) {
        this.effort = effort;
        this.folder = folder;
    }

    /** Measures over lengths from a core's cache to memory. */
    public List<Limit> measure() throws IOException {
        Path file = folder.resolve("accessed");
        List<Limit> limits = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = SharedRegion.map(file, effort.accessedLength(), arena);
            for (long length = HOT_LENGTH; length < memory.byteSize(); length *= LENGTH_STEP) {
                limits.add(measure(memory.asSlice(0, length)));
            }
            limits.add(measure(memory));
        } finally {
            Files.deleteIfExists(file);
        }
        return limits;
    }

    private Limit measure(MemorySegment memory) {
        long lines = memory.byteSize() / LINE_LENGTH;
        for (long line = 0; line < lines; line++) {
            long next = line * MULTIPLIER + INCREMENT & lines - 1;
            memory.set(JAVA_LONG, line * LINE_LENGTH, next * LINE_LENGTH);
        }
        nsEach(memory);
        return new Limit(
                "load that waits for the one before",
                1,
                memory.byteSize(),
                "mean",
                nsEach(memory),
                "ns");
    }

    private double nsEach(MemorySegment memory) {
        long startNs = System.nanoTime();
        long loads = 0;
        long offset = 0;
        do {
            for (int i = 0; i < BATCH; i++) {
                offset = memory.get(JAVA_LONG, offset);
            }
            loads += BATCH;
        } while (System.nanoTime() - startNs < effort.durationNs());
        // Always so; but the compiler must not know that nobody needs the offset.
        if (offset < 0) {
            throw new IllegalStateException("line out of memory: offset=" + offset);
        }
        return (double) (System.nanoTime() - startNs) / loads;
    }
}
