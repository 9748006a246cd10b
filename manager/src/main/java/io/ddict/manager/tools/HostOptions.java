package io.ddict.manager.tools;

import io.ddict.manager.allocation.Allocation;
import io.ddict.manager.tools.run.OtherNodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say where to run. */
final class HostOptions {
    @Option(
            names = {"-N", "--nodes"},
            paramLabel = "N",
            description = "How many of the hosts to use, the first ones; all unless given.")
    private @Nullable Integer nodes;

    @Option(
            names = "--hosts",
            split = ",",
            paramLabel = "HOST",
            description = "Hosts to run on, with commas between; reached by ssh, without a password.")
    private @Nullable List<String> hosts;

    @Option(
            names = "--hostfile",
            paramLabel = "FILE",
            description = "File that names such hosts, one on each line.")
    private @Nullable Path hostFile;

    @Option(
            names = "--start-with",
            paramLabel = "COMMAND",
            description = "Command that starts node services on other hosts, in place of srun or ssh,"
                    + " such as 'mpiexec -n {count} -ppn 1 --hosts {hosts} {command}'.")
    private @Nullable String startWith;

    Allocation choose() throws IOException {
        // A file of the machine that this command was called on need not be here.
        List<String> named = hosts == null && hostFile != null ? OtherNodes.movedHosts() : hosts;
        return Allocation.choose(
                new Allocation.Wish(named, hostFile, nodes, startWith), System.getenv());
    }
}
