package io.ddict.manager.tools;

import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import io.ddict.manager.KeptDictionaries;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "status",
        description = "Prints the running clusters and their dictionaries, and those that were kept."
                + " Ends with 3 if no cluster runs.")
final class StatusCommand implements Callable<Integer> {
    private static final String OK = "ok";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    /** What {@code --json} prints. */
    record Status(List<ClusterStatus> clusters, List<KeptDictionaries.Kept> kept) {}

    /** A cluster and its dictionaries. */
    record ClusterStatus(
            String cluster,
            String state,
            long processId,
            List<DictionaryStatus> dictionaries) {}

    /** A dictionary; its state is {@code ok}, or why it could not be asked. */
    record DictionaryStatus(
            String dictionary,
            String state,
            int managers,
            long entries,
            long memoryLength,
            long usedBytes,
            long freeBytes) {}

    @Override
    public Integer call() throws IOException {
        Status status = new Status(
                Cluster.running().stream().sorted().map(StatusCommand::askCluster).toList(),
                KeptDictionaries.all());
        if (json) {
            Json.print(main.terminal().out(), status);
        } else {
            print(status, main.terminal().out());
        }
        return status.clusters().isEmpty() ? ExitCodes.UNAVAILABLE : ExitCodes.OK;
    }

    /** One that does not answer is shown as such: the others are wanted too. */
    private static ClusterStatus askCluster(String name) {
        try (Cluster cluster = Cluster.connect(name)) {
            List<DictionaryStatus> dictionaries = new ArrayList<>();
            for (String dictionary : cluster.dictionaries()) {
                dictionaries.add(askDictionary(cluster, dictionary));
            }
            return new ClusterStatus(name, OK, cluster.processId(), dictionaries);
        } catch (DDictException e) {
            return new ClusterStatus(name, stateOf(e), 0, List.of());
        }
    }

    private static DictionaryStatus askDictionary(Cluster cluster, String name) {
        try (DDict<Object, Object> dictionary = cluster.attach(name, AttachOptions.DEFAULTS)) {
            DDictStats stats = dictionary.stats();
            return new DictionaryStatus(
                    name,
                    OK,
                    stats.managers().size(),
                    stats.entries(),
                    sum(stats, DDictStats.Manager::memoryLength),
                    sum(stats, DDictStats.Manager::usedBytes),
                    sum(stats, DDictStats.Manager::freeBytes));
        } catch (DDictException e) {
            return new DictionaryStatus(name, stateOf(e), 0, 0, 0, 0, 0);
        }
    }

    private static long sum(DDictStats stats, ToLongFunction<DDictStats.Manager> figure) {
        return stats.managers().stream().mapToLong(figure).sum();
    }

    private static String stateOf(DDictException thrown) {
        return thrown.status().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void print(Status status, PrintStream out) {
        if (status.clusters().isEmpty()) {
            out.println("no cluster is running");
        } else {
            printClusters(status, out);
        }
        for (KeptDictionaries.Kept each : status.kept()) {
            out.println("kept: " + each.name() + ", " + Figures.bytes(each.memoryLength())
                    + ", until it is created again, or: ddict forget " + each.name());
        }
    }

    private static void printClusters(Status status, PrintStream out) {
        Table table = new Table("cluster", "process", "dictionary", "state", "managers", "entries",
                "memory", "used", "free");
        for (ClusterStatus cluster : status.clusters()) {
            if (cluster.dictionaries().isEmpty()) {
                table.row(cluster.cluster(), cluster.processId(), "-", cluster.state(), "-", "-",
                        "-", "-", "-");
            }
            for (DictionaryStatus each : cluster.dictionaries()) {
                table.row(cluster.cluster(), cluster.processId(), each.dictionary(), each.state(),
                        each.managers(), Figures.count(each.entries()),
                        Figures.bytes(each.memoryLength()), Figures.bytes(each.usedBytes()),
                        Figures.bytes(each.freeBytes()));
            }
        }
        table.print(out);
    }
}
