package io.ddict.client.channel.tcp;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/*
 * New memory is touched at a tenth of the speed of memory that was used before. So buffers for long values
 * are kept, a few of them for the whole process.
 */

/** Memory that sockets read and write. Safe from any thread. */
final class Buffers {
    /** Up to here a buffer belongs to its call for good. */
    static final int SMALL_MAX = 128 << 10;

    // Two calls of 64 MiB, or many shorter ones.
    private static final long KEPT_LENGTH_MAX = 128L << 20;
    private static final int KEPT_MAX = 16;
    private static final Deque<Buffer> KEPT = new ArrayDeque<>();
    private static long keptLength;

    private Buffers() {}

    /** A buffer of at least that length; rounded up, so that it serves others as well. */
    static Buffer take(long length) {
        if (length > SMALL_MAX) {
            synchronized (KEPT) {
                Buffer best = null;
                for (Buffer each : KEPT) {
                    boolean fits = each.length() >= length && each.length() <= 4 * length;
                    if (fits && (best == null || each.length() < best.length())) {
                        best = each;
                    }
                }
                if (best != null) {
                    KEPT.remove(best);
                    keptLength -= best.length();
                    return best;
                }
            }
        }
        return new Buffer(rounded(length));
    }

    /** Gives a buffer back. Nobody may use it any more. */
    static void giveBack(Buffer buffer) {
        synchronized (KEPT) {
            if (buffer.length() <= KEPT_LENGTH_MAX) {
                KEPT.addFirst(buffer);
                keptLength += buffer.length();
                while (KEPT.size() > KEPT_MAX || keptLength > KEPT_LENGTH_MAX) {
                    keptLength -= KEPT.removeLast().length();
                }
            }
        }
    }

    private static long rounded(long length) {
        long step = Math.max(4096, Long.highestOneBit(length) >> 3);
        return (length + step - 1) / step * step;
    }

    /** Memory, as codecs and as sockets see it. */
    static final class Buffer {
        final MemorySegment segment;
        final ByteBuffer bytes;

        // Collected with the object: a call that was given up may still be written to.
        private Buffer(long length) {
            this.segment = Arena.ofAuto().allocate(Math.min(length, Integer.MAX_VALUE), 64);
            this.bytes = segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }

        int length() {
            return (int) segment.byteSize();
        }
    }
}
