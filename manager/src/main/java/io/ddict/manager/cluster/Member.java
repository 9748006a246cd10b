package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One life of a node service. Its lease may be over and the others take it for dead, because nothing was
 * heard of it; if it still runs it comes back, with another epoch.
 *
 * @param number never given to another, not even after its end
 * @param host name of its machine
 * @param address where it is reached
 * @param processId its process on that machine
 * @param isAlive whether its lease may still hold
 * @param epoch the state's version with which it joined, or came back last
 */
public record Member(
        int number, String host, NodeAddress address, long processId, boolean isAlive, long epoch) {
    /** The same, dead. */
    Member dead() {
        return new Member(number, host, address, processId, false, epoch);
    }

    /** The same, alive again from a version of the state on. */
    Member backAt(long version) {
        return new Member(number, host, address, processId, true, version);
    }

    /** Whose leases a leader tells apart: those of before and after it came back. */
    Life life() {
        return new Life(number, epoch);
    }

    /**
     * What a lease is given to.
     *
     * @param number the member's
     * @param epoch the member's
     */
    record Life(int number, long epoch) {}

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
