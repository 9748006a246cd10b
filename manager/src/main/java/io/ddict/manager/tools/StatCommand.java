package io.ddict.manager.tools;

import io.ddict.client.CallTimes;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictStats;
import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.manager.tools.Services.Connections;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "stat",
        description = "Prints what each manager of a dictionary counts, and each service of connections.")
final class StatCommand extends DictionaryCommand {
    @Option(names = "--json", description = "Print JSON; its numbers are bare.")
    private boolean json;

    /** What {@code --json} prints. */
    record Stat(
            String name, List<DDictStats.Manager> managers, List<Connections> connections) {}

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        DDictStats stats = dictionary.stats();
        List<Connections> connections = Services.of(cluster.name()).connections();
        if (json) {
            Json.print(
                    terminal().out(), new Stat(stats.name(), stats.managers(), connections));
        } else {
            table(stats.managers()).print(terminal().out());
            if (!connections.isEmpty()) {
                terminal().out().println();
                tableOf(connections).print(terminal().out());
            }
        }
        return ExitCodes.OK;
    }

    private static Table tableOf(List<Connections> connections) {
        Table table = new Table("connections to", "open", "accepted", "refused", "unfinished",
                "malformed");
        for (Connections each : connections) {
            ConnectionFigures figures = each.figures();
            table.row(each.host(), Figures.count(figures.open()),
                    Figures.count(figures.accepted()), Figures.count(figures.refused()),
                    Figures.count(figures.unfinished()), Figures.count(figures.malformed()));
        }
        return table;
    }

    /** A row per figure and a column per manager: figures are many, managers few. */
    static Table table(List<DDictStats.Manager> managers) {
        Table table = new Table(Stream.concat(
                Stream.of("manager"), managers.stream().map(m -> String.valueOf(m.manager())))
                .toArray(String[]::new));
        row(table, managers, "entries", m -> Figures.count(m.entries()));
        row(table, managers, "entries at most", m -> Figures.count(m.entriesMax()));
        row(table, managers, "memory", m -> Figures.bytes(m.memoryLength()));
        row(table, managers, "used", m -> Figures.bytes(m.usedBytes()));
        row(table, managers, "free", m -> Figures.bytes(m.freeBytes()));
        row(table, managers, "largest free", m -> Figures.bytes(m.largestFreeBytes()));
        row(table, managers, "posted", m -> Figures.count(m.posted()));
        row(table, managers, "applied", m -> Figures.count(m.applied()));
        row(table, managers, "oldest checkpoint", m -> Figures.count(m.oldestCheckpoint()));
        row(table, managers, "newest checkpoint", m -> Figures.count(m.newestCheckpoint()));
        row(table, managers, "checkpoints held", m -> m.checkpointsHeld() + " of "
                + m.workingSetSize());
        row(table, managers, "frozen", m -> m.frozen() ? "yes" : "no");
        row(table, managers, "heartbeat", m -> Figures.milliseconds(m.heartbeatAgeNs()) + " ago");
        timeRows(table, managers, "reads", DDictStats.Manager::reads);
        timeRows(table, managers, "writes", DDictStats.Manager::writes);
        timeRows(table, managers, "requests", DDictStats.Manager::requests);
        TreeSet<String> counters = new TreeSet<>();
        managers.forEach(m -> counters.addAll(m.counters().keySet()));
        for (String counter : counters) {
            row(table, managers, counter,
                    m -> Figures.count(m.counters().getOrDefault(counter, 0L)));
        }
        return table;
    }

    private static void timeRows(
            Table table,
            List<DDictStats.Manager> managers,
            String calls,
            Function<DDictStats.Manager, CallTimes> times) {
        row(table, managers, calls + " timed", m -> Figures.count(times.apply(m).samples()));
        row(table, managers, calls + " p50", m -> Figures.time(times.apply(m).p50Ns()));
        row(table, managers, calls + " p99", m -> Figures.time(times.apply(m).p99Ns()));
        row(table, managers, calls + " p99.9", m -> Figures.time(times.apply(m).p999Ns()));
        row(table, managers, calls + " at most", m -> Figures.time(times.apply(m).maxNs()));
    }

    private static void row(
            Table table,
            List<DDictStats.Manager> managers,
            String title,
            Function<DDictStats.Manager, String> figure) {
        table.row(Stream.concat(Stream.of(title), managers.stream().map(figure)).toArray());
    }
}
