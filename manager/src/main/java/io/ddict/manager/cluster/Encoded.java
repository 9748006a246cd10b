package io.ddict.manager.cluster;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;

/** Records as bytes. */
final class Encoded {
    private Encoded() {}

    /** Reads bytes. */
    static DataInputStream in(byte[] bytes) {
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }
}
