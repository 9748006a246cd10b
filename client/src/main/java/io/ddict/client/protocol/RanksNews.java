package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a node's part of an MPI group has come to; or, told to that node, what all others have.
 *
 * @param joined whether one has called MPI_Init
 * @param waits whether one waits in a barrier
 * @param met whether all have come to the barrier; told to a node, that it is over
 * @param keys what they have put since the last barrier, by its keys
 */
public record RanksNews(boolean joined, boolean waits, boolean met, Map<String, String> keys) {
    // With a rank's longest key and value they fit into a frame.
    private static final int KEYS_MAX = 1_000;

    /** Of ranks that have done nothing. */
    public static final RanksNews NOTHING = new RanksNews(false, false, false, Map.of());

    /** The same in pieces that each fit into a frame; only the last one says that all have met. */
    public List<RanksNews> pieces() {
        List<RanksNews> pieces = new ArrayList<>();
        Map<String, String> piece = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : keys.entrySet()) {
            if (piece.size() == KEYS_MAX) {
                pieces.add(new RanksNews(joined, waits, false, piece));
                piece = new LinkedHashMap<>();
            }
            piece.put(each.getKey(), each.getValue());
        }
        pieces.add(new RanksNews(joined, waits, met, piece));
        return pieces;
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeBoolean(joined);
        out.writeBoolean(waits);
        out.writeBoolean(met);
        Fields.writeMap(out, keys);
    }

    /** Reads it. */
    public static RanksNews read(DataInputStream in) throws IOException {
        return new RanksNews(
                in.readBoolean(), in.readBoolean(), in.readBoolean(), Fields.readMap(in));
    }
}
