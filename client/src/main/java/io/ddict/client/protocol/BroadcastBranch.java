package io.ddict.client.protocol;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/*
 * The tree of a broadcast over nodes is a list: the first node gets the value, and passes it on to the first
 * nodes of the two halves of what follows it. So whoever has a part of the list knows all below it, nobody
 * sends more than two copies, and n nodes are reached in log2(n + 1) steps, rounded down.
 *
 * Two copies and no more, since they flow on while they come in: each node's network card is done after
 * twice the length of the value, however many nodes there are. With ceil(log2 n) copies the first node would
 * have all that on its own card.
 */

/**
 * The nodes that one copy of a broadcast's value reaches.
 *
 * @param depth how many nodes passed it on before
 * @param stops the nodes, at least one; it is sent to the first
 */
public record BroadcastBranch(int depth, List<BroadcastStop> stops) {
    /** Most copies that anybody sends of a value. */
    public static final int COPIES_MAX = 2;

    /** Branches that reach nodes from the program that has the value. */
    public static List<BroadcastBranch> of(List<BroadcastStop> stops) {
        return split(0, stops);
    }

    private static List<BroadcastBranch> split(int depth, List<BroadcastStop> stops) {
        int count = stops.size();
        if (count == 0) {
            return List.of();
        }
        if (count == 1) {
            return List.of(new BroadcastBranch(depth, List.copyOf(stops)));
        }
        int half = (count + 1) / COPIES_MAX;
        return List.of(
                new BroadcastBranch(depth, List.copyOf(stops.subList(0, half))),
                new BroadcastBranch(depth, List.copyOf(stops.subList(half, count))));
    }

    /** The node that the copy is sent to. */
    public BroadcastStop head() {
        return stops.getFirst();
    }

    /** Those that it passes the value on to. */
    public List<BroadcastBranch> below() {
        return split(depth + 1, stops.subList(1, stops.size()));
    }

    /** Numbers of all managers that it reaches. */
    public List<Integer> managers() {
        return stops.stream()
                .flatMap(stop -> stop.places().stream())
                .map(BroadcastStop.Place::manager)
                .toList();
    }

    /** Its bytes. */
    public byte[] bytes() {
        return Fields.bytes(this::write);
    }

    private void write(DataOutputStream out) throws IOException {
        out.writeInt(depth);
        out.writeInt(stops.size());
        for (BroadcastStop each : stops) {
            each.write(out);
        }
    }

    /**
     * Reads what {@link #bytes} gave.
     *
     * @throws IllegalArgumentException if these are other bytes
     */
    public static BroadcastBranch of(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int depth = in.readInt();
            List<BroadcastStop> stops = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                stops.add(BroadcastStop.read(in));
            }
            if (depth < 0 || stops.isEmpty()) {
                throw new IOException("no nodes");
            }
            return new BroadcastBranch(depth, List.copyOf(stops));
        } catch (IOException e) {
            throw new IllegalArgumentException("broadcast is malformed: cause=" + e, e);
        }
    }
}
