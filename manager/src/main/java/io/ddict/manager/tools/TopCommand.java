package io.ddict.manager.tools;

import io.ddict.client.DDictStats;
import io.ddict.manager.tools.TopSample.Row;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "top",
        description = {
            "Shows what every manager holds and does, again and again until it is interrupted.",
            "It reads their files, and asks no manager. Ends with 3 if no dictionary is there."})
final class TopCommand implements Callable<Integer> {
    private static final double INTERVAL_SECONDS_MIN = 0.01;
    private static final double INTERVAL_SECONDS_MAX = 86_400;
    private static final long HEARTBEAT_NS_MAX = TimeUnit.SECONDS.toNanos(1);

    // In place: from the top left corner, each line to its end, and whatever is below.
    private static final String CLEAR = "\033[2J";
    private static final String HOME = "\033[H";
    private static final String CLEAR_LINE = "\033[K";
    private static final String CLEAR_BELOW = "\033[J";

    @Option(names = "--cluster", paramLabel = "NAME", description = "Show this cluster only.")
    private @Nullable String cluster;

    @Option(
            names = "--dictionary",
            paramLabel = "NAME",
            description = "Show dictionaries of this name only.")
    private @Nullable String dictionary;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description = "Time between two looks; ${DEFAULT-VALUE} unless given.")
    private double intervalSeconds = 1;

    @Option(names = "--once", description = "Print what happens in one interval, and end.")
    private boolean once;

    @Option(names = "--json", description = "Print JSON, a line for each interval.")
    private boolean json;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    private boolean drawn;

    /** What {@code --json} prints. */
    record Frame(double intervalSeconds, List<Row> managers) {}

    @Override
    public Integer call() throws IOException {
        if (!(intervalSeconds >= INTERVAL_SECONDS_MIN && intervalSeconds <= INTERVAL_SECONDS_MAX)) {
            throw new IllegalArgumentException("interval is not in " + INTERVAL_SECONDS_MIN + ".."
                    + INTERVAL_SECONDS_MAX + ": seconds=" + intervalSeconds);
        }
        try {
            return watch();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCodes.OK;
        }
    }

    private int watch() throws IOException, InterruptedException {
        TopSample earlier = TopSample.take(cluster, dictionary);
        do {
            if (earlier.isEmpty()) {
                main.terminal().err().println("ddict: no dictionary is there");
                return ExitCodes.UNAVAILABLE;
            }
            TimeUnit.NANOSECONDS.sleep((long) (intervalSeconds * 1e9));
            TopSample now = TopSample.take(cluster, dictionary);
            show(now.since(earlier));
            earlier = now;
        } while (!once);
        return ExitCodes.OK;
    }

    private void show(List<Row> rows) throws IOException {
        PrintStream out = main.terminal().out();
        if (json) {
            Json.printLine(out, new Frame(intervalSeconds, rows));
        } else if (main.terminal().interactive() && !once) {
            redraw(table(rows), out);
        } else {
            if (drawn) {
                out.println();
            }
            table(rows).print(out);
        }
        drawn = true;
        out.flush();
    }

    private void redraw(Table table, PrintStream out) {
        StringBuilder text = new StringBuilder(drawn ? HOME : CLEAR + HOME);
        table.lines().forEach(line -> text.append(line).append(CLEAR_LINE).append('\n'));
        // At one go, as what is half drawn flickers.
        out.print(text.append(CLEAR_BELOW));
    }

    private static Table table(List<Row> rows) {
        Table table = new Table("cluster", "dictionary", "manager", "state", "entries", "used",
                "largest free", "on disk", "ops/s", "puts/s", "removals/s", "refused/s", "links",
                "checkpoints", "pins");
        for (Row row : rows) {
            DDictStats.Manager figures = row.figures();
            table.row(row.cluster(), row.dictionary(), figures.manager(), state(figures),
                    Figures.count(figures.entries()),
                    Figures.percent(figures.usedBytes(), figures.memoryLength()),
                    Figures.bytes(figures.largestFreeBytes()), onDisk(figures),
                    rate(row.operationsPerSecond()),
                    rate(row.putsPerSecond()), rate(row.removalsPerSecond()),
                    rate(row.refusedPerSecond()),
                    Figures.count(figures.counter("links")),
                    figures.workingSetSize() == 1
                            ? "-"
                            : Figures.range(figures.oldestCheckpoint(),
                                    figures.newestCheckpoint()),
                    Figures.count(figures.counter("pins")));
        }
        return table;
    }

    private static String state(DDictStats.Manager figures) {
        if (figures.lost()) {
            return "manager-lost";
        }
        if (figures.heartbeatAgeNs() > HEARTBEAT_NS_MAX) {
            return "silent";
        }
        return figures.frozen() ? "frozen" : "ok";
    }

    private static String onDisk(DDictStats.Manager figures) {
        long bytes = figures.counter("spilled-bytes");
        return bytes == 0 ? "-" : Figures.bytes(bytes);
    }

    private static String rate(@Nullable Double perSecond) {
        return perSecond == null ? "-" : Figures.count(Math.round(perSecond));
    }
}
