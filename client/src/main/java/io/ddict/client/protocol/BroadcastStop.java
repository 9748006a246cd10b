package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A node that a broadcast comes to.
 *
 * @param address where its service listens
 * @param places the managers there that are to have a copy
 */
public record BroadcastStop(NodeAddress address, List<Place> places) {
    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, address.toString());
        out.writeInt(places.size());
        for (Place each : places) {
            out.writeInt(each.manager);
            out.writeLong(each.port);
        }
    }

    /** Reads it. */
    static BroadcastStop read(DataInputStream in) throws IOException {
        NodeAddress address = NodeAddress.parse(Fields.readText(in));
        List<Place> places = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            places.add(new Place(in.readInt(), in.readLong()));
        }
        return new BroadcastStop(address, List.copyOf(places));
    }

    /**
     * A manager.
     *
     * @param manager its number
     * @param port number of its shard as the program that broadcasts has it open there, so that a copy is
     *     that program's write, as any other
     */
    public record Place(int manager, long port) {}
}
