package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "stop", description = "Ends a cluster and all its dictionaries.")
final class StopCommand implements Callable<Integer> {
    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "Name of the cluster; ${DEFAULT-VALUE} unless given.")
    private String cluster = Address.DEFAULT;

    @Override
    public Integer call() {
        try (Cluster connected = Cluster.connect(cluster)) {
            connected.stop();
        }
        return ExitCodes.OK;
    }
}
