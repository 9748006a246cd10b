package io.ddict.pool;

import java.nio.ByteBuffer;

/**
 * Some tasks that travel together.
 *
 * @param number of the chunk, in its pool
 * @param function number of the function that the arguments are for, or {@link #NO_FUNCTION}
 * @param payload the arguments, or the one task
 */
record PoolChunk(long number, long function, ByteBuffer payload) {
    /** The payload is the task itself. */
    static final long NO_FUNCTION = 0;

    private static final int HEADER_LENGTH = 16;

    static byte[] message(long number, long function, byte[] payload) {
        return ByteBuffer.allocate(HEADER_LENGTH + payload.length)
                .putLong(number)
                .putLong(function)
                .put(payload)
                .array();
    }

    static PoolChunk read(ByteBuffer message) {
        return new PoolChunk(message.getLong(), message.getLong(), message.slice());
    }
}
