package io.ddict.manager.simulation;

import io.ddict.client.protocol.ClusterSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/*
 * Processes of clients, each with one connection and a few threads, make calls on one dictionary, while the
 * network does what networks do, the manager is slow at times, and the service may be replaced by another.
 * Then all is healed: everything can be read again, and nothing is left of anybody.
 */

/** Clients over TCP, gateway and manager under one random schedule, in one thread. */
public final class TcpSimulation implements Simulation {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long TROUBLE_NS_MAX = 300 * SECOND_NS;
    private static final long HEALING_NS_MAX = 60 * SECOND_NS;
    private static final ClusterSecret SECRET = ClusterSecret.draw();

    private final Guard missing;
    private final List<SimulatedProcess> processes = new ArrayList<>();
    private Simulator simulator;
    private SplittableRandom random;
    private Path directory;
    private SimulatedService service;
    private int services;
    private boolean isHealed;

    /** Makes one; without a guard if one is named. */
    public TcpSimulation(Guard missing) {
        this.missing = missing;
    }

    @Override
    public Outcome run(long seed, Path inMemory) throws IOException {
        simulator = new Simulator(seed, missing);
        random = simulator.random();
        directory = inMemory;
        processes.clear();
        services = 0;
        isHealed = false;
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        // Of the gateway's threads.
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, e) -> simulator.fail("thread failed: name=" + thread.getName(), e));
        startService();
        try {
            runAll();
        } catch (RuntimeException | Error e) {
            simulator.fail("manager failed", e);
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
            service.close();
        }
        return new Outcome(simulator.violation(), simulator.hash(), simulator.counts());
    }

    private void startService() throws IOException {
        services++;
        Path pool = Files.createDirectory(directory.resolve("pool-" + services));
        long instance = missing == Guard.INSTANCE ? 1 : services;
        service = new SimulatedService(simulator, pool, 7, SECRET, instance);
        service.listen();
    }

    private void runAll() throws IOException {
        Dataset dataset = new Dataset(random);
        int count = 1 + random.nextInt(2);
        for (int index = 0; index < count; index++) {
            processes.add(new SimulatedProcess(simulator, dataset, SECRET));
        }
        processes.forEach(SimulatedProcess::start);
        simulator.after(random.nextLong(20_000_000L), this::disturb);
        boolean isReplaced = random.nextInt(6) == 0;
        if (isReplaced) {
            long partNs = random.nextLong(SECOND_NS);
            long endNs = simulator.nowNs() + partNs;
            simulator.run("calls", 2 * SECOND_NS, () -> simulator.nowNs() >= endNs || areDone());
            replaceService(dataset);
        }
        simulator.run("calls", TROUBLE_NS_MAX, this::areDone);
        heal();
        processes.forEach(SimulatedProcess::readAll);
        simulator.run("reading all", HEALING_NS_MAX, this::areDone);
        end();
    }

    private boolean areDone() {
        return processes.stream().allMatch(SimulatedProcess::isDone);
    }

    private void disturb() {
        if (!isHealed) {
            int kind = random.nextInt(20);
            if (kind == 0) {
                processes.get(random.nextInt(processes.size())).loseConnection();
            } else if (kind < 6) {
                service.slowDown(random.nextLong(
                        random.nextInt(8) == 0 ? 1_500_000_000L : 3_000_000L));
                simulator.count("slow-manager");
            } else {
                simulator.network().disturb();
            }
            simulator.after(random.nextLong(60_000_000L), this::disturb);
        }
    }

    private void replaceService(Dataset dataset) throws IOException {
        simulator.count("replaced");
        simulator.log("replace", services, 0);
        simulator.network().listen(null);
        simulator.network().resetAll();
        simulator.run("end of a service", HEALING_NS_MAX, service::isIdle);
        if (simulator.violation() == null) {
            service.check();
        }
        service.close();
        dataset.isReplaced();
        startService();
    }

    private void heal() {
        isHealed = true;
        simulator.log("heal", 0, 0);
        simulator.network().heal();
    }

    private void end() throws IOException {
        processes.forEach(SimulatedProcess::clearAndEnd);
        simulator.run("end of clients", HEALING_NS_MAX, this::areDone);
        simulator.run("end of connections", HEALING_NS_MAX,
                () -> service.isIdle() && simulator.network().open() == 0
                        && simulator.beating() == 0);
        if (simulator.violation() == null) {
            service.check();
        }
        simulator.run("end of threads", HEALING_NS_MAX, simulator::isQuiet);
    }
}
