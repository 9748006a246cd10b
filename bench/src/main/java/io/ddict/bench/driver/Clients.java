package io.ddict.bench.driver;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/*
 * Every round has a barrier before it: all clients have answered "ready", then all get the same moment
 * on the machine's monotonic clock, a few milliseconds ahead, and spin until it comes. So they start
 * within a microsecond of each other, however the pipes are scheduled. The clocks of other nodes are
 * compared with this one's before, so that clients there start within half a round trip.
 */

/** The client processes of one peer, which do everything at the same time. One thread. */
final class Clients implements AutoCloseable {
    // Longer than a line needs through a pipe to a process that sleeps, and by way of node services.
    private static final long START_DELAY_NS = 3_000_000;
    private static final long START_DELAY_OF_NODES_NS = 20_000_000;

    private final List<ClientProcess> processes = new ArrayList<>();
    private final long startDelayNs;

    private Clients(Place place) {
        startDelayNs = place.nodes().isEmpty() ? START_DELAY_NS : START_DELAY_OF_NODES_NS;
    }

    static Clients start(Peer peer, int count, Launcher launcher, Place place)
            throws IOException {
        Clients clients = new Clients(place);
        try {
            for (int number = 0; number < count; number++) {
                clients.processes.add(ClientProcess.start(peer, number, launcher, place));
            }
            return clients;
        } catch (IOException e) {
            clients.close();
            throw e;
        }
    }

    int count() {
        return processes.size();
    }

    /** Opens a store; returns what the loops around an operation cost, in nanoseconds. */
    double open(String address, Shape shape) {
        double overheadNs = 0;
        for (ClientProcess client : processes) {
            overheadNs = client.open(address, shape);
        }
        return overheadNs;
    }

    /** Where they run, and how they reach the store that is open; empty if all are here. */
    List<String> whereabouts() {
        return processes.stream()
                .filter(ClientProcess::hasChannels)
                .map(ClientProcess::whereabouts)
                .toList();
    }

    /** Uses no more than so many keys of an empty store. */
    void useKeys(long keys) {
        processes.forEach(client -> client.useKeys(keys));
    }

    void clear() {
        processes.getFirst().clear();
    }

    void freeze() {
        processes.getFirst().freeze();
    }

    void unfreeze() {
        processes.getFirst().unfreeze();
    }

    /** Each client compares every byte of its own keys' values with what it wrote last. */
    void verify() {
        processes.forEach(ClientProcess::startVerify);
        processes.forEach(ClientProcess::awaitVerified);
    }

    List<Outcome> run(Order order) {
        return run(_ -> order);
    }

    List<Outcome> run(Function<ClientProcess, Order> orders) {
        for (ClientProcess client : processes) {
            client.prepare(orders.apply(client));
        }
        long startNs = System.nanoTime() + startDelayNs;
        processes.forEach(client -> client.go(startNs));
        List<Outcome> outcomes = new ArrayList<>();
        for (ClientProcess client : processes) {
            outcomes.add(client.awaitOutcome());
        }
        return outcomes;
    }

    void closeStores() {
        processes.forEach(ClientProcess::closeStore);
    }

    @Override
    public void close() {
        processes.forEach(ClientProcess::close);
    }
}
