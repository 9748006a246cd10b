package io.ddict.pool;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ProcessOrder.Rank;
import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/*
 * Each node's service serves its own ranks. What they have to know of the others goes by way of this program,
 * by connections that it has anyway: the keys that were put, and that all have come to a barrier. MPICH needs
 * that in MPI_Init and MPI_Finalize only.
 */

/** The ranks of an MPI group, on one node or several. Safe from any thread. */
final class RankGroup implements AutoCloseable {
    private final List<Integer> nodes;
    private final List<Part> parts = new ArrayList<>();

    private RankGroup(List<Integer> nodes) {
        this.nodes = nodes;
    }

    /**
     * Lets the services serve their ranks.
     *
     * @param kinds for each rank the number of its executable
     * @param services for each rank the service that starts it
     */
    static RankGroup open(
            List<Integer> kinds, List<NodeConnection> services, BrokenListener listener) {
        List<NodeConnection> distinct = List.copyOf(new LinkedHashSet<>(services));
        RankGroup group = new RankGroup(services.stream().map(distinct::indexOf).toList());
        try {
            for (int node = 0; node < distinct.size(); node++) {
                RanksOrder order = new RanksOrder(kinds, group.nodes, node);
                group.parts.add(group.new Part(Processes.of(distinct.get(node)), order, listener));
            }
            return group;
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    Rank rank(int number) {
        return new Rank(parts.get(nodes.get(number)).ranks.key(), number);
    }

    private synchronized void take(Part from, RanksNews news) {
        from.come = news;
        from.keys.putAll(news.keys());
        tellOthers();
    }

    private void tellOthers() {
        boolean met = parts.stream().allMatch(each -> each.come.met());
        for (Part each : parts) {
            each.tell(elsewhere(each, met));
        }
        if (met) {
            parts.forEach(Part::leave);
        }
    }

    private RanksNews elsewhere(Part there, boolean met) {
        List<Part> others = parts.stream().filter(each -> each != there).toList();
        Map<String, String> keys = new HashMap<>();
        if (met) {
            others.forEach(each -> keys.putAll(each.keys));
        }
        return new RanksNews(
                others.stream().anyMatch(each -> each.come.joined()),
                !met && others.stream().anyMatch(each -> each.come.waits()), met, keys);
    }

    /** Ends the services' parts; ranks that still run would wait for ever. May be called twice. */
    @Override
    public void close() {
        parts.forEach(each -> each.ranks.close());
    }

    /** The ranks of one node, what they have come to, and what they were told of the others. */
    private final class Part implements RankPart.Listener {
        private final BrokenListener listener;
        private final RankPart ranks;
        private final Map<String, String> keys = new HashMap<>();
        private RanksNews come = RanksNews.NOTHING;
        private RanksNews told = RanksNews.NOTHING;

        private Part(Processes processes, RanksOrder order, BrokenListener listener) {
            this.listener = listener;
            this.ranks = processes.openRanks(order, this);
        }

        @Override
        public void onBroken(int rank, int exitCode, String cause) {
            listener.onBroken(rank, exitCode, cause);
        }

        @Override
        public void onNews(RanksNews news) {
            take(this, news);
        }

        private void tell(RanksNews elsewhere) {
            if (!elsewhere.equals(told)) {
                ranks.tell(elsewhere);
                told = elsewhere;
            }
        }

        private void leave() {
            come = new RanksNews(come.joined(), false, false, Map.of());
            keys.clear();
        }
    }

    /** Hears that a group cannot go on; must not block. */
    interface BrokenListener {
        /** The rank that others would wait for, and its exit code; both -1 if there is none. */
        void onBroken(int rank, int exitCode, String cause);
    }
}
