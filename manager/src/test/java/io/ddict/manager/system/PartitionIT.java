package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes of the lab whose network is cut in all ways, or which are stopped, while processes on all of them use
 * one dictionary. The seed is printed; {@code -Dddict.partition.seed=…} repeats the cuts, {@code
 * -Dddict.partition.rounds=…} makes more.
 */
@Timeout(1_200)
class PartitionIT {
    private static final long SEED = Long.getLong("ddict.partition.seed", System.nanoTime());
    private static final int ROUNDS =
            Integer.getInteger("ddict.partition.rounds", Fault.values().length);
    private static final int NODES = 3;
    private static final int PORT = 4711;
    private static final String CLUSTER = "cut";
    private static final String DICTIONARY = "cut";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(3);
    // Some two seconds on a machine that does nothing else.
    private static final Duration BACK = Duration.ofSeconds(8);
    private static final Duration CUT = Duration.ofSeconds(6);
    private static final Duration BEFORE = Duration.ofSeconds(1);
    private static final Duration FLAP = Duration.ofMillis(400);

    private final Random random = new Random(SEED);
    private final List<ChildProcess> services = new ArrayList<>();
    private final List<ChildProcess> clients = new ArrayList<>();
    private Lab lab;

    /** What is done to the network, or to a node. */
    private enum Fault {
        PAIR,
        ONE_WAY,
        ISOLATED,
        FLAPPING,
        STOPPED,
        ALL_APART
    }

    @BeforeEach
    void startNodes() throws IOException {
        lab = Lab.up(NODES);
        Path secret = lab.folder().resolve("secret");
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String text = HexFormat.of().formatHex(bytes);
        Files.createFile(
                secret, PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, text);
        for (int node = 1; node <= NODES; node++) {
            startService(node, secret, text);
        }
        ChildProcess creator = client(
                1, secret, NewDictionaryRole.class, CLUSTER, DICTIONARY, "" + NODES);
        creator.await("made");
        assertThat(creator.awaitEnd()).isZero();
        for (int node = 1; node <= NODES; node++) {
            clients.add(client(
                    node, secret, PartitionRole.class, CLUSTER, DICTIONARY, "" + NODES, "" + node,
                    "" + SEED));
        }
        clients.forEach(client -> client.await("ready"));
    }

    private void startService(int node, Path secret, String text) {
        List<String> options = new ArrayList<>(
                List.of("--listen", lab.address("n" + node) + ":" + PORT));
        if (node > 1) {
            options.addAll(List.of("--join", lab.address("n1") + ":" + PORT));
        }
        ChildProcess service =
                start(node, secret, "service", Machine.serviceCommand(CLUSTER, options));
        if (node > 1) {
            service.tell(text);
        }
        services.add(service);
        service.await("ready", PATIENCE);
    }

    private ChildProcess client(
            int node, Path secret, Class<? extends Role> role, String... arguments) {
        return start(node, secret, "client", Machine.clientCommand(List.of(), role, arguments));
    }

    private ChildProcess start(int node, Path secret, String name, List<String> command) {
        ProcessBuilder builder = lab.builder("n" + node, command.toArray(String[]::new));
        builder.environment().put("DDICT_SECRET_FILE", secret.toString());
        return ChildProcess.start(name + "-n" + node, builder);
    }

    @AfterEach
    void endNodes() {
        try {
            clients.forEach(client -> client.tell("end"));
            clients.forEach(client -> assertThat(client.awaitEnd()).isZero());
            services.forEach(ChildProcess::closeInput);
            services.forEach(service -> assertThat(service.awaitEnd()).isZero());
        } finally {
            lab.close();
        }
    }

    @Test
    void isLinearizableAndRefusesWhatALostLeaseDoesNotCover() {
        System.out.println("PartitionIT: -Dddict.partition.seed=" + SEED);
        long slowestNs = 0;
        int calls = 0;
        int unknown = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Fault fault = Fault.values()[round % Fault.values().length];
            Round seen = run(round, fault);
            seen.histories.forEach(
                    (key, history) -> assertThat(LinearizabilityChecker.check(history))
                            .as("%s, key %s", seen.text, key).isEmpty());
            slowestNs = Math.max(slowestNs, seen.backNs);
            calls += seen.histories.values().stream().mapToInt(List::size).sum();
            unknown += (int) seen.histories.values().stream().flatMap(List::stream)
                    .filter(each -> !each.hasReturned()).count();
            System.out.printf(
                    Locale.ROOT, "PartitionIT: %s: back %d ms after it ended, in place %d ms%n",
                    seen.text, TimeUnit.NANOSECONDS.toMillis(seen.backNs),
                    TimeUnit.NANOSECONDS.toMillis(seen.hereNs));
        }
        System.out.printf(
                Locale.ROOT,
                "PartitionIT: %d rounds, %d calls, %d of them with an unknown end; back within %d ms%n",
                ROUNDS, calls, unknown, TimeUnit.NANOSECONDS.toMillis(slowestNs));
    }

    /** One round's calls. */
    private static final class Round {
        private final String text;
        private final Map<Integer, List<HistoryOperation>> histories = new TreeMap<>();
        private long backNs;
        // The same, of calls in place.
        private long hereNs;

        Round(String text) {
            this.text = text;
        }
    }

    private Round run(int number, Fault fault) {
        List<Integer> nodes = new ArrayList<>(List.of(1, 2, 3));
        Collections.shuffle(nodes, random);
        Round round = new Round("round " + number + ", " + fault + " " + nodes);
        clients.forEach(client -> client.tell("" + number));
        clients.forEach(client -> client.await("begun"));
        Await.pass(BEFORE);
        long beganNs = begin(fault, nodes);
        Await.pass(CUT);
        long endsNs = System.nanoTime();
        end(fault, nodes);
        long endedNs = System.nanoTime();
        Await.pass(BACK);
        clients.forEach(client -> client.tell("over"));
        for (int node = 1; node <= NODES; node++) {
            read(round, clients.get(node - 1), node, fault, nodes, beganNs, endsNs, endedNs);
        }
        return round;
    }

    // When it has begun for sure.
    private long begin(Fault fault, List<Integer> nodes) {
        String first = "n" + nodes.get(0);
        String second = "n" + nodes.get(1);
        switch (fault) {
            case PAIR -> lab.cut(first, second);
            case ONE_WAY -> lab.cutOneWay(first, second);
            case ISOLATED -> lab.isolate(first);
            case STOPPED -> signal(nodes.get(0), "-STOP");
            case ALL_APART -> nodes.subList(0, 2).forEach(node -> lab.isolate("n" + node));
            case FLAPPING -> {
                for (int i = 0; i < 5; i++) {
                    lab.isolate(first);
                    Await.pass(FLAP);
                    lab.heal();
                    Await.pass(FLAP);
                }
                lab.isolate(first);
            }
        }
        return System.nanoTime();
    }

    // The service itself, and then what puts it into the node, which stops when it finds it stopped.
    private void signal(int node, String signal) {
        List<ProcessHandle> processes =
                ProcessHandle.of(services.get(node - 1).pid()).orElseThrow().descendants().toList();
        assertThat(processes).anyMatch(
                each -> each.info().command().orElse("").endsWith("/java"));
        processes.reversed().forEach(each -> ChildProcess.signal(each.pid(), signal));
    }

    private void end(Fault fault, List<Integer> nodes) {
        if (fault == Fault.STOPPED) {
            signal(nodes.get(0), "-CONT");
        } else {
            lab.heal();
        }
    }

    private static void read(
            Round round, ChildProcess client, int node, Fault fault, List<Integer> nodes,
            long beganNs, long endsNs, long endedNs) {
        boolean isAlone = fault == Fault.ALL_APART
                || node == nodes.get(0) && fault != Fault.PAIR && fault != Fault.ONE_WAY;
        long[] firstBackNs = new long[NODES];
        for (String line = client.await("", PATIENCE); !line.equals("over"); line =
                client.await("", PATIENCE)) {
            int space = line.indexOf(' ');
            int manager = Integer.parseInt(line.substring(0, space));
            HistoryOperation call = HistoryOperation.of(line.substring(space + 1));
            round.histories.computeIfAbsent(call.key(), _ -> new ArrayList<>()).add(call);
            if (call.hasReturned()) {
                // The first nodes hold the first managers.
                if (isAlone && manager == node - 1 && call.returnedNs() < endsNs) {
                    assertThat(call.invokedNs())
                            .as("%s: accepted on n%s, which is cut off: %s", round.text, node, line)
                            .isLessThan(beganNs + LEASE.toNanos());
                }
                if (call.invokedNs() >= endedNs && firstBackNs[manager] == 0) {
                    firstBackNs[manager] = call.returnedNs();
                }
            }
        }
        for (int manager = 0; manager < NODES; manager++) {
            assertThat(firstBackNs[manager])
                    .as("%s: a call of n%s to manager %s after it was over", round.text, node,
                            manager)
                    .isPositive();
            round.backNs = Math.max(round.backNs, firstBackNs[manager] - endedNs);
            if (manager == node - 1) {
                round.hereNs = Math.max(round.hereNs, firstBackNs[manager] - endedNs);
            }
        }
    }
}
