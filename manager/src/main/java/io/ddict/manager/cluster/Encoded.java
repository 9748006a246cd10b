package io.ddict.manager.cluster;

import io.ddict.client.protocol.Frames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Records as bytes. */
final class Encoded {
    private Encoded() {}

    /** What the writer writes. */
    static byte[] of(Frames.Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Reads bytes. */
    static DataInputStream in(byte[] bytes) {
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }
}
