package io.ddict.bench.driver;

import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that measure several stores with the same values. */
final class PeerOptions {
    private static final String ALL = "all";

    @Option(names = "--peers", split = ",",
            description = "Stores to measure; all for each there is.")
    private @Nullable List<String> peers;

    @Option(names = "--sizes", split = ",", description = "Value sizes, such as 8,1k,64m.")
    private @Nullable List<String> sizes;

    /**
     * The stores.
     *
     * @throws IllegalArgumentException if one is unknown
     */
    List<Peer> peers(String... otherwise) {
        List<String> names = peers == null ? List.of(otherwise) : peers;
        if (names.equals(List.of(ALL))) {
            names = List.of(Peers.names().split(",", -1));
        }
        return names.stream().map(Peers::named).toList();
    }

    /**
     * Bytes of the values.
     *
     * @throws IllegalArgumentException if one is no size
     */
    List<Integer> valueLengths(String otherwise) {
        List<String> texts = sizes == null ? List.of(otherwise.split(",", -1)) : sizes;
        return texts.stream().map(RunOptions::valueLength).toList();
    }
}
