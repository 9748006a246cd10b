package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ranks of an MPI group, and which of them one node has.
 *
 * @param kinds for each rank the number of its executable
 * @param nodes for each rank its node; the first rank's is 0, and each further one has the next number
 * @param node the one that is ordered to serve its ranks
 */
public record RanksOrder(List<Integer> kinds, List<Integer> nodes, int node) {
    /** Copies the lists. */
    public RanksOrder {
        kinds = List.copyOf(kinds);
        nodes = List.copyOf(nodes);
    }

    /** How many ranks there are, on all nodes. */
    public int count() {
        return kinds.size();
    }

    /** The node's own ranks, in their order. */
    public List<Integer> here() {
        return IntStream.range(0, count()).filter(rank -> nodes.get(rank) == node).boxed().toList();
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        Fields.writeNumbers(out, kinds);
        Fields.writeNumbers(out, nodes);
        out.writeInt(node);
    }

    /** Reads it. */
    public static RanksOrder read(DataInputStream in) throws IOException {
        return new RanksOrder(Fields.readNumbers(in), Fields.readNumbers(in), in.readInt());
    }
}
