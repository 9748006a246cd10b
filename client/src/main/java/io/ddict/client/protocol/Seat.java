package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Where a manager of a dictionary is.
 *
 * @param member number of its node service in the cluster
 * @param node name of the service's machine
 * @param address where the service listens, as text; empty if it listens nowhere
 * @param processId of the service, on that machine
 * @param poolDirectory of the manager's pool, on that machine
 */
public record Seat(
        int member, String node, String address, long processId, String poolDirectory) {
    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeInt(member);
        Fields.writeText(out, node);
        Fields.writeText(out, address);
        out.writeLong(processId);
        Fields.writeText(out, poolDirectory);
    }

    /** Reads it. */
    public static Seat read(DataInputStream in) throws IOException {
        return new Seat(
                in.readInt(), Fields.readText(in), Fields.readText(in), in.readLong(),
                Fields.readText(in));
    }
}
