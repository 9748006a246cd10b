package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One life of a node service.
 *
 * @param number never given to another, not even after its end
 * @param host name of its machine
 * @param address where it is reached
 * @param processId its process on that machine
 * @param isAlive whether its lease may still hold; once false, false for ever
 * @param epoch the state's version with which it joined: of two lives of a node, the later has the larger
 */
public record Member(
        int number, String host, NodeAddress address, long processId, boolean isAlive, long epoch) {
    /** The same, dead. */
    Member dead() {
        return new Member(number, host, address, processId, false, epoch);
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        out.writeInt(number);
        Fields.writeText(out, host);
        writeAddress(out, address);
        out.writeLong(processId);
        out.writeBoolean(isAlive);
        out.writeLong(epoch);
    }

    /** Reads it. */
    static Member read(DataInputStream in) throws IOException {
        return new Member(
                in.readInt(), Fields.readText(in), readAddress(in), in.readLong(), in.readBoolean(),
                in.readLong());
    }

    /** Writes an address. */
    static void writeAddress(DataOutputStream out, NodeAddress address) throws IOException {
        Fields.writeText(out, address.host());
        out.writeInt(address.port());
    }

    /** Reads an address. */
    static NodeAddress readAddress(DataInputStream in) throws IOException {
        return new NodeAddress(Fields.readText(in), in.readInt());
    }
}
