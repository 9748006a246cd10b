package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.KeptDictionaries;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/*
 * Pools are walked while nobody writes to them; whether that was so, their counters tell afterwards. One
 * that is written to all the time, or is large, is only looked at from outside: its files are whole.
 */

/** Clusters of this user, their dictionaries, and what dead ones left. Changes nothing. */
final class ClusterChecks {
    private static final long HEARTBEAT_NS_SLOW = TimeUnit.SECONDS.toNanos(1);
    private static final long HEARTBEAT_NS_MAX = TimeUnit.SECONDS.toNanos(10);
    // About a second's walk.
    private static final long WALKED_ENTRIES_MAX = 1_000_000;
    private static final int WALKS_MAX = 3;
    /** What changes in a pool that nobody writes to. */
    private static final Set<String> RESTLESS = Set.of("rests", "pins", "calls-refused");

    private final List<Check> checks = new ArrayList<>();

    List<Check> all() throws IOException {
        try {
            List<String> clusters = RuntimeDirectory.clusters();
            for (String name : clusters) {
                check(name);
            }
            if (clusters.isEmpty()) {
                checks.add(Check.ok("clusters", "none is there"));
            }
            for (KeptDictionaries.Kept each : KeptDictionaries.all()) {
                checks.add(Check.ok("kept dictionary " + each.name(),
                        "takes " + Figures.bytes(each.memoryLength())
                                + " until it is created again, or: ddict forget " + each.name()));
            }
        } catch (UncheckedIOException e) {
            checks.add(Check.failed("clusters",
                    "their folder cannot be read, cause=" + e.getCause(),
                    "it must be this user's own: remove it, or let DDICT_DIRECTORY name another"
                            + " place"));
        }
        return checks;
    }

    private void check(String name) throws IOException {
        String subject = "cluster " + name;
        try (Cluster cluster = Cluster.connect(name)) {
            checks.add(Check.ok(subject, "process " + cluster.processId()
                    + " answers, of version " + Request.VERSION + " as this command"));
            for (String dictionary : cluster.dictionaries()) {
                check(cluster, dictionary);
            }
        } catch (IllegalArgumentException e) {
            checks.add(Check.failed(subject, String.valueOf(e.getMessage()),
                    "stop it with the ddict that started it"));
        } catch (DDictException e) {
            checks.add(e.status() == DDictException.Status.UNAVAILABLE
                    ? leftBehind(name)
                    : Check.failed(subject, String.valueOf(e.getMessage()),
                            "look at its process: it is stopped, overloaded, or just ended"));
        }
    }

    private static Check leftBehind(String name) {
        return Check.warning("cluster " + name, "left behind by a service that died",
                "the next service that starts removes it, folder="
                        + RuntimeDirectory.ofCluster(name));
    }

    private void check(Cluster cluster, String dictionary) throws IOException {
        String subject = "dictionary " + dictionary + " of " + cluster.name();
        try {
            checks.add(heartbeat(subject, cluster, cluster.stats(dictionary)));
            checks.add(pools(subject, cluster, dictionary));
        } catch (DDictException e) {
            checks.add(e.status() == DDictException.Status.DESTROYED
                    ? Check.ok(subject, "destroyed meanwhile")
                    : Check.failed(subject, String.valueOf(e.getMessage()),
                            "create it anew"));
        }
    }

    private static Check heartbeat(String subject, Cluster cluster, DDictStats stats) {
        List<Integer> lost = stats.managers().stream()
                .filter(DDictStats.Manager::lost)
                .map(DDictStats.Manager::manager)
                .toList();
        if (!lost.isEmpty()) {
            return Check.failed(subject, "stopped at a broken invariant: managers=" + lost,
                    "create it anew, and report what the service said");
        }
        long oldestNs = stats.managers().stream()
                .mapToLong(DDictStats.Manager::heartbeatAgeNs)
                .max()
                .orElse(0);
        String text = "heartbeats are " + Figures.milliseconds(oldestNs) + " old or less, managers="
                + stats.managers().size();
        String advice = "its process is stopped, or the machine overloaded: processId="
                + cluster.processId();
        if (oldestNs > HEARTBEAT_NS_MAX) {
            return Check.failed(subject, text, advice);
        }
        return oldestNs > HEARTBEAT_NS_SLOW
                ? Check.warning(subject, text, advice)
                : Check.ok(subject, text);
    }

    private static Check pools(String subject, Cluster cluster, String dictionary)
            throws IOException {
        for (int walk = 0; walk < WALKS_MAX; walk++) {
            DDictStats before = cluster.stats(dictionary);
            if (before.entries() > WALKED_ENTRIES_MAX) {
                return Check.ok(subject, "files are whole; not walked, as it has "
                        + Figures.count(before.entries()) + " entries: ddict verify does");
            }
            List<PoolReport> reports = new ArrayList<>();
            for (Path directory : cluster.poolDirectories(dictionary)) {
                reports.add(PoolVerifier.verify(directory));
            }
            if (isAtRest(before, cluster.stats(dictionary))) {
                return verdict(subject, reports);
            }
        }
        return Check.ok(subject, "files are whole; not walked, as it is written to: ddict verify"
                + " does, once nobody writes");
    }

    private static Check verdict(String subject, List<PoolReport> reports) {
        long violations = reports.stream().mapToLong(PoolReport::violationCount).sum();
        return violations == 0
                ? Check.ok(subject, "walked, and clean")
                : Check.failed(subject, "damaged: violations=" + violations + ", the first: "
                        + reports.stream().flatMap(each -> each.violations().stream()).findFirst()
                                .orElse("-"),
                        "see ddict verify, save what can be read, create it anew");
    }

    private static boolean isAtRest(DDictStats before, DDictStats after) {
        return after.managers().stream().allMatch(each -> each.applied() == each.posted())
                && positions(before).equals(positions(after));
    }

    // All that changes when something in the pools does.
    private static List<Map<String, Long>> positions(DDictStats stats) {
        return stats.managers().stream().map(each -> {
            Map<String, Long> positions = new HashMap<>(each.counters());
            positions.keySet().removeAll(RESTLESS);
            positions.put("applied", each.applied());
            positions.put("newest", each.newestCheckpoint());
            return positions;
        }).toList();
    }
}
