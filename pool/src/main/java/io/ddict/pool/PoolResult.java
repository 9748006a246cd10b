package io.ddict.pool;

import java.nio.ByteBuffer;

/*
 *   offset  field
 *   0       number of the chunk
 *   8       kind
 *   9       place of the argument that failed, in the chunk; or how many workers were lost
 *   13      length of what follows
 *   17      results, or a failure's report
 *
 * A message is one or several of them.
 */

/** What became of a chunk of tasks. */
record PoolResult(long chunk, Kind kind, int detail, ByteBuffer payload) {
    private static final int HEADER_LENGTH = 17;

    /** Number of the chunk of the message that a worker has started. */
    static final long STARTED = -1;

    /** Kinds; append only. */
    enum Kind {
        /** All went well. */
        DONE,
        /** One of the tasks threw something. */
        FAILED,
        /** Workers died while they ran it. */
        LOST,
        /** A worker is there. */
        STARTED;

        private static final Kind[] VALUES = values();
    }

    static PoolResult started() {
        return new PoolResult(STARTED, Kind.STARTED, 0, ByteBuffer.allocate(0));
    }

    static PoolResult lost(long chunk, int times) {
        return new PoolResult(chunk, Kind.LOST, times, ByteBuffer.allocate(0));
    }

    static PoolResult done(long chunk, byte[] results) {
        return new PoolResult(chunk, Kind.DONE, 0, ByteBuffer.wrap(results));
    }

    static PoolResult failed(long chunk, int index, Throwable failure) {
        return new PoolResult(
                chunk, Kind.FAILED, index, ByteBuffer.wrap(Report.ofFailure(failure)));
    }

    int length() {
        return HEADER_LENGTH + payload.remaining();
    }

    void write(ByteBuffer target) {
        target.putLong(chunk)
                .put((byte) kind.ordinal())
                .putInt(detail)
                .putInt(payload.remaining())
                .put(payload.duplicate());
    }

    /** The next of a message. */
    static PoolResult read(ByteBuffer message) {
        long chunk = message.getLong();
        Kind kind = Kind.VALUES[message.get()];
        int detail = message.getInt();
        int length = message.getInt();
        ByteBuffer payload = message.slice(message.position(), length);
        message.position(message.position() + length);
        return new PoolResult(chunk, kind, detail, payload);
    }
}
