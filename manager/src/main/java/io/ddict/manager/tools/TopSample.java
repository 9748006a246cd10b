package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What all managers counted at one moment. */
final class TopSample {
    private final long takenNs;
    private final Map<Place, DDictStats.Manager> figures;

    /** Which manager. */
    private record Place(String cluster, String dictionary, int manager) {}

    /**
     * One manager, and what it did since an earlier moment; null if it was not there then.
     *
     * @param operationsPerSecond operations applied
     * @param putsPerSecond keys stored, and values replaced
     * @param removalsPerSecond keys removed
     * @param refusedPerSecond calls refused to clients
     * @param figures all that it tells
     */
    record Row(
            String cluster,
            String dictionary,
            @Nullable Double operationsPerSecond,
            @Nullable Double putsPerSecond,
            @Nullable Double removalsPerSecond,
            @Nullable Double refusedPerSecond,
            DDictStats.Manager figures) {}

    private TopSample(long takenNs, Map<Place, DDictStats.Manager> figures) {
        this.takenNs = takenNs;
        this.figures = figures;
    }

    /**
     * Reads the managers of a cluster, or of all.
     *
     * @param cluster the only one that is wanted, or null
     * @param dictionary name of the only ones that are wanted, or null
     * @throws DDictException if the cluster or the dictionary is named, and not there
     */
    static TopSample take(@Nullable String cluster, @Nullable String dictionary) {
        TopSample sample = new TopSample(System.nanoTime(), new HashMap<>());
        for (String each : cluster == null ? Cluster.running() : List.of(cluster)) {
            try {
                sample.read(each, dictionary);
            } catch (DDictException e) {
                // One of many may end meanwhile.
                if (cluster != null) {
                    throw e;
                }
            }
        }
        return sample;
    }

    private void read(String name, @Nullable String wanted) {
        try (Cluster cluster = Cluster.connect(name)) {
            for (String dictionary : wanted == null ? cluster.dictionaries() : List.of(wanted)) {
                for (DDictStats.Manager each : cluster.stats(dictionary).managers()) {
                    figures.put(new Place(name, dictionary, each.manager()), each);
                }
            }
        }
    }

    boolean isEmpty() {
        return figures.isEmpty();
    }

    /** A row for each manager, in order. */
    List<Row> since(TopSample earlier) {
        double seconds = (takenNs - earlier.takenNs) / 1e9;
        List<Row> rows = new ArrayList<>();
        figures.forEach((place, now) -> {
            DDictStats.Manager before = earlier.figures.get(place);
            rows.add(new Row(
                    place.cluster,
                    place.dictionary,
                    rate(before == null ? null : now.applied() - before.applied(), seconds),
                    rate(counted(before, now, "inserts", "overwrites"), seconds),
                    rate(counted(before, now, "removals"), seconds),
                    rate(counted(before, now, "calls-refused"), seconds),
                    now));
        });
        rows.sort(Comparator.comparing(Row::cluster)
                .thenComparing(Row::dictionary)
                .thenComparingInt(row -> row.figures.manager()));
        return rows;
    }

    private static @Nullable Long counted(
            DDictStats.@Nullable Manager before, DDictStats.Manager now, String... counters) {
        if (before == null) {
            return null;
        }
        long count = 0;
        for (String counter : counters) {
            count += now.counter(counter) - before.counter(counter);
        }
        return count;
    }

    private static @Nullable Double rate(@Nullable Long count, double seconds) {
        return count == null ? null : count / seconds;
    }
}
