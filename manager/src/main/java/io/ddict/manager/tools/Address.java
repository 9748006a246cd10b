package io.ddict.manager.tools;

import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.Placement;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Which dictionary of which cluster a command works on. */
final class Address {
    static final String DEFAULT = "default";

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "Name of the cluster; ${DEFAULT-VALUE} unless given.")
    private String cluster = DEFAULT;

    @Option(
            names = "--dictionary",
            paramLabel = "NAME",
            description = "Name of the dictionary; ${DEFAULT-VALUE} unless given.")
    private String dictionary = DEFAULT;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Longest wait for an answer; ${DEFAULT-VALUE} unless given.")
    private long timeoutSeconds = AttachOptions.DEFAULTS.timeout().toSeconds();

    String cluster() {
        return cluster;
    }

    String dictionary() {
        return dictionary;
    }

    /** Finds the running cluster. */
    Cluster connect() {
        return Cluster.connect(cluster);
    }

    /** Attaches to the dictionary, for keys and values of any type. */
    DDict<Object, Object> attach(Cluster connected) {
        return connected.attach(dictionary, new AttachOptions(
                Duration.ofSeconds(timeoutSeconds),
                AttachOptions.DEFAULTS.codecs(),
                Placement.unknown()));
    }
}
