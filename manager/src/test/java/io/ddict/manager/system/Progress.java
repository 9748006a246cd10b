package io.ddict.manager.system;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Counts of what the threads of another process have done, in a file that both have mapped. */
final class Progress {
    private static final VarHandle COUNT = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment counts;
    private final int threads;

    Progress(Path file, int threads) throws IOException {
        this.threads = threads;
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            counts = channel.map(
                    FileChannel.MapMode.READ_WRITE, 0, (long) threads * Long.BYTES, Arena.ofAuto());
        }
    }

    /** Counts one more for a thread, which alone does so. */
    void count(int thread) {
        COUNT.setRelease(counts, (long) thread * Long.BYTES, get(thread) + 1);
    }

    /** What all threads have done. */
    long[] all() {
        long[] all = new long[threads];
        for (int thread = 0; thread < threads; thread++) {
            all[thread] = get(thread);
        }
        return all;
    }

    /** Whether each thread has ended two calls since: at least one of them began later. */
    boolean isBeyond(long[] earlier) {
        boolean beyond = true;
        for (int thread = 0; thread < threads; thread++) {
            beyond &= get(thread) >= earlier[thread] + 2;
        }
        return beyond;
    }

    private long get(int thread) {
        return (long) COUNT.getAcquire(counts, (long) thread * Long.BYTES);
    }
}
