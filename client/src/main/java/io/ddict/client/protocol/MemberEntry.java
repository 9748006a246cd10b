package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * A node service of a cluster, as one of them tells.
 *
 * @param number its number in the cluster, which no other gets after it
 * @param host name of its machine
 * @param address where it listens, as text; empty if it listens nowhere
 * @param isTeller whether it is the one that tells
 * @param keepsLog whether it is one of those that keep what all agree on
 */
public record MemberEntry(
        int number, String host, String address, boolean isTeller, boolean keepsLog) {
    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeInt(number);
        Fields.writeText(out, host);
        Fields.writeText(out, address);
        out.writeBoolean(isTeller);
        out.writeBoolean(keepsLog);
    }

    /** Reads it. */
    public static MemberEntry read(DataInputStream in) throws IOException {
        return new MemberEntry(
                in.readInt(), Fields.readText(in), Fields.readText(in), in.readBoolean(),
                in.readBoolean());
    }
}
