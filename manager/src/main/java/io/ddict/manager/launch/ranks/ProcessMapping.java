package io.ddict.manager.launch.ranks;

import java.util.ArrayList;
import java.util.List;

/** Which ranks share a node: blocks of (first node, number of nodes, ranks on each), as MPICH reads them. */
final class ProcessMapping {
    private ProcessMapping() {}

    /** The text for the node of each rank; the first rank's is 0. */
    static String of(List<Integer> nodes) {
        List<Block> blocks = new ArrayList<>();
        for (Block each : runs(nodes)) {
            Block last = blocks.isEmpty() ? null : blocks.getLast();
            if (last != null && last.ranks == each.ranks && last.first + last.count == each.first) {
                blocks.set(blocks.size() - 1, new Block(last.first, last.count + 1, last.ranks));
            } else {
                blocks.add(each);
            }
        }
        StringBuilder text = new StringBuilder("(vector");
        for (Block each : blocks) {
            text.append(",(").append(each.first).append(',').append(each.count).append(',')
                    .append(each.ranks).append(')');
        }
        return text.append(')').toString();
    }

    private static List<Block> runs(List<Integer> nodes) {
        List<Block> runs = new ArrayList<>();
        for (int node : nodes) {
            Block last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.first == node) {
                runs.set(runs.size() - 1, new Block(node, 1, last.ranks + 1));
            } else {
                runs.add(new Block(node, 1, 1));
            }
        }
        return runs;
    }

    private record Block(int first, int count, int ranks) {}
}
