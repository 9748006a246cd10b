package io.ddict.manager.simulation;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Connections, and what becomes of them. Whoever listens is one service. */
final class SimulatedNetwork {
    private static final String RESET = "Connection reset";
    private static final String BROKEN = "Broken pipe";
    private static final String TIMED_OUT = "Connection timed out";
    private static final int[] CAPACITIES = {4 << 10, 64 << 10, 200_000, 1 << 20};
    // How soon the kernel gives up an end that acknowledges nothing.
    private static final long KERNEL_NS = 4_000_000_000L;
    private static final long FLIP_DISTANCE_MAX = 4_000;
    private static final long FAR = 400_000;

    private final Simulator simulator;
    private final SplittableRandom random;
    private final List<Connection> open = new ArrayList<>();
    private Consumer<Connection> listener;
    private long unreachableUntilNs;
    private int made;

    SimulatedNetwork(Simulator simulator) {
        this.simulator = simulator;
        this.random = simulator.random();
    }

    /** Sets who is told of new connections, on no thread; null if nobody listens. */
    void listen(Consumer<Connection> next) {
        listener = next;
    }

    /** A socket that is connected to nothing yet. */
    SocketChannel socket() {
        return new SimulatedSocket(this);
    }

    /** Connects; blocks. */
    Connection connect(SocketAddress address, long timeoutNs) throws IOException {
        long delayNs = 30_000L + random.nextInt(300_000);
        long waitNs = Math.max(delayNs, unreachableUntilNs - simulator.nowNs());
        simulator.sleep(Math.min(waitNs, timeoutNs));
        if (waitNs > timeoutNs) {
            throw new java.net.SocketTimeoutException("Connect timed out");
        }
        if (listener == null) {
            throw new ConnectException("Connection refused: address=" + address);
        }
        Connection made = new Connection();
        open.add(made);
        listener.accept(made);
        return made;
    }

    /** Does some harm to a connection, or to those to come. */
    void disturb() {
        Connection any = open.isEmpty() ? null : open.get(random.nextInt(open.size()));
        int kind = random.nextInt(12);
        if (kind == 0) {
            unreachableUntilNs = simulator.nowNs()
                    + random.nextLong(random.nextInt(4) == 0 ? 20_000_000_000L : 2_000_000_000L);
            simulator.count("unreachable");
        } else if (any != null) {
            simulator.log("disturb", any.number, kind);
            harm(any, kind);
        }
    }

    private void harm(Connection any, int kind) {
        Pipe one = random.nextBoolean() ? any.up : any.down;
        switch (kind) {
            case 1, 2, 3 -> {
                one.stall(random.nextLong(random.nextInt(4) == 0 ? 5_000_000_000L : 20_000_000L));
                simulator.count("stalls");
            }
            case 4, 5, 6 -> {
                one.flipAfter(
                        random.nextLong(random.nextBoolean() ? FLIP_DISTANCE_MAX : FAR));
                simulator.count("flips-planned");
            }
            case 7, 8, 9 -> {
                one.resetAfter(random.nextLong(random.nextBoolean() ? 400 : FAR), any::reset);
                simulator.count("resets-planned");
            }
            case 10 -> any.reset();
            default -> any.halfOpen(one);
        }
    }

    /** Ends all harm, but what is done. */
    void heal() {
        unreachableUntilNs = 0;
    }

    /** Resets all connections, as the end of a service does. */
    void resetAll() {
        List.copyOf(open).forEach(Connection::reset);
    }

    int open() {
        return open.size();
    }

    /** A connection. The client reads what comes down, and the service what comes up. */
    final class Connection {
        final int number = ++made;
        final Pipe up;
        final Pipe down;
        private boolean isClosedByClient;
        private boolean isClosedByService;

        private Connection() {
            long delayNsMax = 1_000_000L << random.nextInt(6);
            up = new Pipe(simulator, 2 * number, capacity(), delayNsMax);
            down = new Pipe(simulator, 2 * number + 1, capacity(), delayNsMax);
            simulator.log("connect", number, delayNsMax);
        }

        private int capacity() {
            return CAPACITIES[random.nextInt(CAPACITIES.length)];
        }

        private void reset() {
            simulator.log("reset", number, 0);
            simulator.count("resets");
            fail(RESET);
        }

        private void fail(String why) {
            open.remove(this);
            up.failReads(why);
            down.failReads(why);
            up.failWrites(why);
            down.failWrites(why);
        }

        private void halfOpen(Pipe one) {
            simulator.count("half-open");
            one.cut();
            if (random.nextBoolean()) {
                up.cut();
                down.cut();
            }
            simulator.after(KERNEL_NS, () -> {
                open.remove(this);
                up.failReads(TIMED_OUT);
                down.failWrites(TIMED_OUT);
            });
        }

        void closeByClient() {
            if (!isClosedByClient) {
                isClosedByClient = true;
                simulator.log("close-by-client", number, 0);
                closeEnd(up, down);
            }
        }

        void closeByService() {
            if (!isClosedByService) {
                isClosedByService = true;
                simulator.log("close-by-service", number, 0);
                closeEnd(down, up);
            }
        }

        // Who closes with something unread resets the connection.
        private void closeEnd(Pipe written, Pipe read) {
            long delayNs = 20_000L + random.nextInt(200_000);
            if (random.nextInt(3) == 0) {
                simulator.after(delayNs, () -> fail(RESET));
            } else {
                written.end();
                simulator.after(delayNs, () -> read.failWrites(BROKEN));
            }
            if (isClosedByClient && isClosedByService) {
                open.remove(this);
            }
        }
    }
}
