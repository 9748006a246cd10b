package io.ddict.manager.simulation;

import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;

/** A client's process: a connection, and threads that make calls by it. */
final class SimulatedProcess {
    private static final NodeAddress ADDRESS = new NodeAddress("127.0.0.1", 1);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final Simulator simulator;
    private final Dataset dataset;
    private final TcpNode node;
    private final List<Caller> callers = new ArrayList<>();
    private TcpChannel channel;
    private int epoch = -1;
    private int running;

    SimulatedProcess(Simulator simulator, Dataset dataset, ClusterSecret secret) {
        this.simulator = simulator;
        this.dataset = dataset;
        this.node = TcpNode.own(SimulatedService.CLUSTER, ADDRESS, secret);
        int count = 1 + simulator.random().nextInt(simulator.random().nextInt(8) == 0 ? 10 : 3);
        for (int index = 0; index < count; index++) {
            callers.add(new Caller(simulator, dataset, this));
        }
    }

    /** Begins with the calls. */
    void start() {
        callers.forEach(each -> go("caller", each::makeCalls));
    }

    /** Reads everything, which has to succeed soon. */
    void readAll() {
        callers.forEach(each -> go("reader", each::readAll));
    }

    /** Removes everything, and ends. */
    void clearAndEnd() {
        go("ending", () -> {
            callers.getFirst().clear();
            Attached last = attached();
            checkPlaces();
            last.channel().close();
            node.close();
        });
    }

    /** Ends the connection, as the end of the process would. */
    void loseConnection() {
        simulator.count("ends");
        go("ending", node::close);
    }

    // Nobody calls any more: all places for calls are free.
    private void checkPlaces() {
        Object connection = field(node, "connection");
        int made = ((AtomicInteger) field(connection, "made")).get();
        int free = ((Queue<?>) field(connection, "free")).size();
        if (made != free) {
            simulator.fail("calls are left on a connection: made=" + made + ", free=" + free);
        }
    }

    private static Object field(Object object, String name) {
        try {
            Field field = object.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no such field: name=" + name, e);
        }
    }

    private void go(String name, Runnable body) {
        running++;
        simulator.start(name, () -> {
            body.run();
            running--;
        });
    }

    boolean isDone() {
        return running == 0;
    }

    /** Where callers call. */
    record Attached(TcpChannel channel, int epoch) {}

    /** The dictionary as it was attached last; attaches if it was replaced since, or throws. */
    Attached attached() {
        while (epoch < 0) {
            int before = dataset.epoch();
            TcpChannel made = open();
            TcpChannel unused = made;
            if (epoch < 0 && before == dataset.epoch()) {
                unused = channel;
                channel = made;
                epoch = before;
            }
            if (unused != null) {
                unused.close();
            }
        }
        return new Attached(channel, epoch);
    }

    private TcpChannel open() {
        long startNs = simulator.nowNs();
        try {
            return TcpChannel.open(node, SimulatedService.DICTIONARY, 0, TIMEOUT);
        } finally {
            simulator.checkEnd("open", startNs, TIMEOUT.toNanos());
        }
    }

    /** Hears that a call was lost; attaches anew next time if the dictionary is another. */
    void isLost(Attached by, ManagerLostException loss) {
        if (loss.getMessage().startsWith("manager ended") && by.channel().equals(channel)) {
            epoch = -1;
        }
    }
}
