package io.ddict.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A kind of store. {@link #start} runs in the parent, {@link #attach} in each client process; a peer
 * with a server of its own starts it as a child process in {@code start}.
 */
public interface Peer {
    /** Name on the command line and in reports. */
    String name();

    /** What it is, for the report: product, version, configuration. */
    String description();

    /** Whether it is a limit of the machine and no competitor. */
    default boolean isLimit() {
        return false;
    }

    /**
     * What keeps it from being measured here, such as a program that is not installed, and what to do
     * about it; empty if nothing does.
     */
    default Optional<String> obstacle(Shape shape) {
        return Optional.empty();
    }

    /**
     * Flags of its client processes' JVMs.
     *
     * @param nodeArguments the argument file of the node service
     */
    default List<String> flags(Path nodeArguments) {
        return List.of();
    }

    /** Which elements of the benchmark's class path its client processes get. */
    default Predicate<String> classPathFilter() {
        return element -> true;
    }

    /**
     * Makes an empty store.
     *
     * @throws IOException if there is no room for it
     */
    Service start(Shape shape) throws IOException;

    /**
     * Attaches a client.
     *
     * @param address the service's
     */
    Store attach(String address, Shape shape) throws IOException;
}
