package io.ddict.manager.simulation;

import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.manager.gateway.ShardAccess.OpenShard;
import io.ddict.manager.gateway.SimulatedGateway;
import io.ddict.manager.serving.Manager;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/*
 * The manager has no thread: its duty cycle is a turn, as often as there is something for it, and now and
 * then without. It is slow at times.
 */

/** A node service with one dictionary of one manager, in shared memory, behind a gateway. */
final class SimulatedService implements AutoCloseable {
    static final String CLUSTER = "sim";
    static final String DICTIONARY = "d";

    private static final long MEMORY_LENGTH = 4L << 20;
    private static final int KEYS_MAX = 64;
    private static final long HOUSEKEEPING_NS = 100_000_000;

    private final Simulator simulator;
    private final Path directory;
    private final MappedPool mapped;
    private final MemoryPool pool;
    private final Manager manager;
    private final ManagerTurn turn = new ManagerTurn();
    private final SimulatedLoop loop;
    private final SimulatedGateway gateway;
    private final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true, true);
    private final long freeBytes;
    private boolean commanded;
    private boolean housekeepingDue;
    private long slowUntilNs;

    SimulatedService(
            Simulator simulator, Path directory, long hashSeed, ClusterSecret secret,
            long instance) throws IOException {
        this.simulator = simulator;
        this.directory = directory;
        this.pool = MemoryPool.create(directory, MEMORY_LENGTH, KEYS_MAX, hashSeed);
        this.mapped = pool.mapped();
        this.manager = new Manager(0, pool);
        this.freeBytes = pool.freeBytes();
        this.loop = new SimulatedLoop(simulator);
        this.gateway = new SimulatedGateway(CLUSTER, secret, this::open, instance);
        simulator.add(turn);
        simulator.every(HOUSEKEEPING_NS, () -> housekeepingDue = true);
    }

    /** Takes connections from now on. */
    void listen() {
        simulator.network().listen(connection -> loop.execute(() -> accept(connection)));
    }

    private void accept(SimulatedNetwork.Connection connection) {
        SimulatedChannel channel = new SimulatedChannel(simulator, connection, buffers);
        gateway.serve(channel, loop);
        var _ = loop.register(channel);
    }

    // On a thread of the gateway.
    private OpenShard open(String dictionary, int number, BooleanSupplier isGone)
            throws IOException {
        if (!dictionary.equals(DICTIONARY) || number != 0) {
            simulator.fail("another shard was asked for: dictionary=" + dictionary);
        }
        commanded = true;
        int link = manager.openLink().join();
        boolean opened = false;
        try {
            // Who waits for long would have a thread read it, which is none of the simulation's.
            Files.delete(mapped.bellPath(link));
            ShmChannel channel = new ShmChannel(number, directory, link, isGone);
            opened = true;
            return new OpenShard(channel, () -> closeLink(link));
        } finally {
            if (!opened) {
                closeLink(link);
            }
        }
    }

    private void closeLink(int link) {
        commanded = true;
        var _ = manager.closeLink(link);
    }

    /** Has the manager do nothing for a while. */
    void slowDown(long lengthNs) {
        slowUntilNs = simulator.nowNs() + lengthNs;
    }

    /** Whether nothing of any client is left. */
    boolean isIdle() {
        return gateway.openPorts() == 0 && gateway.figures().open() == 0 && !hasWork()
                && simulator.isQuiet();
    }

    private boolean hasWork() {
        return commanded || mapped.ring().isFilled(mapped.status().applied());
    }

    /** Looks for what clients have left, all of whom are gone; for memory only if no key is left. */
    void check() throws IOException {
        for (int round = 0; round < 4; round++) {
            int _ = manager.doWork();
        }
        long held = buffers.metric().usedDirectMemory() + buffers.metric().usedHeapMemory();
        if (held != 0) {
            simulator.fail("gateway holds buffers: length=" + held + "B");
        }
        if (!mapped.linkIds().isEmpty()) {
            simulator.fail("links are left: links=" + mapped.linkIds());
        }
        if (pool.entryCount() == 0) {
            checkMemory();
        }
        simulator.remove(turn);
        loop.end();
        manager.close();
        PoolReport report = PoolVerifier.verify(directory);
        if (!report.isClean()) {
            simulator.fail("pool is damaged: " + report.text());
        }
    }

    private void checkMemory() {
        simulator.count("memory-checked");
        if (pool.freeBytes() != freeBytes) {
            simulator.fail(
                    "memory did not come back: freeBytes=" + pool.freeBytes() + ", before="
                            + freeBytes);
        }
    }

    /** Removes its files, whatever state they are in. */
    @Override
    public void close() throws IOException {
        simulator.remove(turn);
        manager.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.toList().reversed()) {
                Files.deleteIfExists(each);
            }
        }
    }

    private final class ManagerTurn implements Simulator.Turn {
        @Override
        public boolean isDue() {
            return simulator.nowNs() >= slowUntilNs && (housekeepingDue || hasWork());
        }

        @Override
        public void take() {
            commanded = false;
            housekeepingDue = false;
            int _ = manager.doWork();
        }
    }
}
