package io.ddict.manager.cluster.raft;

import java.nio.ByteBuffer;

/** A term as bytes. */
final class TermAnswer {
    private TermAnswer() {}

    static byte[] encode(long term) {
        return ByteBuffer.allocate(Long.BYTES).putLong(term).array();
    }

    static long decode(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong();
    }
}
