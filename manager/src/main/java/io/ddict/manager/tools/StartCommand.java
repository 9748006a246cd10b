package io.ddict.manager.tools;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "start",
        description = {
            "Starts a cluster and creates a dictionary in it, and prints the text by which a"
                    + " program attaches to it.",
            "They stay until ddict stop. A cluster that runs already gets one more dictionary."})
final class StartCommand implements Callable<Integer> {
    @Mixin
    private final Address address = new Address();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = ByteSizeConverter.class,
            description = "Memory of the dictionary, such as 512m or 4g; ${DEFAULT-VALUE} unless"
                    + " given.")
    private ByteSize memory = DDictConfig.TOTAL_MEMORY_DEFAULT;

    @Option(
            names = "--managers",
            paramLabel = "N",
            description = "Managers it is spread over; ${DEFAULT-VALUE} unless given.")
    private int managers = 1;

    @Option(
            names = "--entries",
            paramLabel = "N",
            description = "Most keys it can hold; unless given, one for each 512 bytes of memory.")
    private long entriesMax;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() {
        DDictConfig config = DDictConfig.builder()
                .name(address.dictionary())
                .managersPerNode(managers)
                .totalMemory(memory)
                .entriesMax(entriesMax)
                .build();
        if (Cluster.running().contains(address.cluster())) {
            try (Cluster cluster = address.connect()) {
                create(cluster, config);
            }
        } else {
            try (Cluster cluster = Cluster.start(address.cluster())) {
                createFirst(cluster, config);
            }
        }
        return ExitCodes.OK;
    }

    /** Leaves no cluster behind if its dictionary cannot be created. */
    private void createFirst(Cluster cluster, DDictConfig config) {
        boolean created = false;
        try {
            create(cluster, config);
            created = true;
        } finally {
            if (!created) {
                cluster.stop();
            }
        }
    }

    private void create(Cluster cluster, DDictConfig config) {
        if (cluster.dictionaries().contains(config.name())) {
            throw new IllegalStateException("dictionary is there already: dictionary="
                    + config.name() + ", cluster=" + cluster.name() + ", processId="
                    + cluster.processId());
        }
        try (DDict<Object, Object> dictionary = cluster.create(config)) {
            main.terminal().out().println(dictionary.serialize());
            main.terminal().err().println("ddict: started: cluster=" + cluster.name()
                    + ", dictionary=" + config.name() + ", memory=" + config.totalMemory()
                    + ", managers=" + config.managersPerNode() + ", processId="
                    + cluster.processId());
        }
    }
}
