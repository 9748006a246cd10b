package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * An entry of a program's class path, for which a node service is asked.
 *
 * @param path where the program has it, absolute
 * @param hash SHA-256 of its bytes in hexadecimal digits; of a folder, of the jar that is made of it. Empty
 *     if it is too long to be sent
 * @param length bytes of what is hashed
 */
public record ClassPathEntry(String path, String hash, long length) {
    /** Whether it cannot be sent, so that the other node must have it at the same path. */
    public boolean isTooLong() {
        return hash.isEmpty();
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, path);
        Fields.writeText(out, hash);
        out.writeLong(length);
    }

    /** Reads it. */
    public static ClassPathEntry read(DataInputStream in) throws IOException {
        return new ClassPathEntry(Fields.readText(in), Fields.readText(in), in.readLong());
    }
}
