package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.Phase;
import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/*
 * Question: what does an entry cost in memory beyond its key and value (D8), and how long does it
 * take to load a million of them?
 * Topology: one client. Wants two cores. Memory of files is counted as du counts it: blocks in use of
 * all files of the store, which is made for exactly those keys, without free space: what DDict holds
 * back for posted puts is the same for any number of entries, and shown apart. Memory of servers is
 * what their content has added since their start: physical memory of programs, live objects and pages
 * in use of JVMs; after the first load, as some keep what is cleared.
 */

/** Measures memory and load time of a store full of small entries. */
final class Footprint {
    private static final int VALUE_LENGTH = 100;
    private static final double OVERHEAD_MAX = 96;
    private static final int RECORD_HEADER_LENGTH = 24;
    private static final int BLOCK_LENGTH = 512;
    private static final long LEVELS_NS = TimeUnit.MILLISECONDS.toNanos(300);

    private final List<Peer> peers;
    private final long keys;
    private final Launcher launcher;

    Footprint(List<Peer> peers, long keys, Launcher launcher) {
        this.peers = peers;
        this.keys = keys;
        this.launcher = launcher;
    }

    /** Measures all peers that are no limits; returns whether DDict meets the target. */
    boolean run(PrintStream out) throws IOException {
        out.println(Figures.format(
                "footprint: %d entries of %d + %d B", keys, Keys.LENGTH, VALUE_LENGTH));
        boolean met = true;
        for (Peer peer : peers) {
            Optional<String> obstacle = peer.obstacle(shape());
            if (obstacle.isPresent()) {
                out.println(peer.name() + ": skipped: " + obstacle.get());
            } else if (!peer.isLimit()) {
                double overhead = measure(peer, out);
                met &= !peer.name().equals(Peers.DDICT) || overhead <= OVERHEAD_MAX;
            }
        }
        out.println("D8 " + (met ? "met" : "MISSED") + ": at most " + OVERHEAD_MAX + " B");
        return met;
    }

    private double measure(Peer peer, PrintStream out) throws IOException {
        Shape shape = shape();
        try (Service service = peer.start(shape);
                ClientProcess client = ClientProcess.start(peer, 0, launcher, Place.HERE)) {
            service.awaitReady();
            client.open(service.address(), shape);
            double coldSeconds = load(client);
            client.startVerify();
            client.awaitVerified();
            OptionalLong used = service.usedLength();
            client.clear();
            double warmSeconds = load(client);
            Optional<Path> folder = service.directory();
            if (folder.isEmpty()) {
                client.closeStore();
                return report(peer, out, coldSeconds, warmSeconds, used);
            }
            Map<String, Long> files = usedLengths(folder.get());
            // Levels are published some times in a second.
            LockSupport.parkNanos(LEVELS_NS);
            long unused = service.unusedLength();
            client.closeStore();
            return report(peer, out, coldSeconds, warmSeconds, files, unused);
        }
    }

    private Shape shape() {
        return new Shape(VALUE_LENGTH, keys, 1, 1, true);
    }

    /** Of a store without files; one that is inside the client processes tells no memory. */
    private double report(
            Peer peer,
            PrintStream out,
            double coldSeconds,
            double warmSeconds,
            OptionalLong used) {
        String times = Figures.format(
                "%s: load %.2f s in a new client, %.2f s again; ",
                peer.name(),
                coldSeconds,
                warmSeconds);
        if (used.isEmpty()) {
            out.println(times + "memory not measured, as it is in the clients");
            return Double.NaN;
        }
        double overhead = perKey(used.getAsLong() - keys * (Keys.LENGTH + VALUE_LENGTH));
        out.println(times + Figures.format(
                "%.1f B per entry, overhead %.1f B, in the server's memory",
                perKey(used.getAsLong()),
                overhead));
        return overhead;
    }

    private double report(
            Peer peer,
            PrintStream out,
            double coldSeconds,
            double warmSeconds,
            Map<String, Long> files,
            long unused) {
        long content = keys * (Keys.LENGTH + VALUE_LENGTH);
        long all = files.values().stream().mapToLong(Long::longValue).sum();
        double overhead = perKey(all - unused - content);
        out.println(Figures.format(
                "%s: load %.2f s in a new client, %.2f s again; %.1f B per entry, overhead %.1f B;"
                        + " free or held back %.1f B",
                peer.name(),
                coldSeconds,
                warmSeconds,
                perKey(all - unused),
                overhead,
                perKey(unused)));
        files.forEach((file, length) -> out.println(
                Figures.format("  %-10s %8.1f B per entry", file, perKey(length))));
        if (peer.name().equals(Peers.DDICT)) {
            double used = perKey(files.getOrDefault("data", 0L) - unused);
            double pair = perKey(content);
            out.println(Figures.format(
                    "  of data: key and value %.1f B, header %d B, rounding %.1f B",
                    pair,
                    RECORD_HEADER_LENGTH,
                    used - pair - RECORD_HEADER_LENGTH));
        }
        return overhead;
    }

    private double perKey(long length) {
        return (double) length / keys;
    }

    private static double load(ClientProcess client) {
        client.prepare(Order.untimed(Phase.INSERT, 0, 1));
        client.go(System.nanoTime());
        Outcome outcome = client.awaitOutcome();
        return (outcome.endNs() - outcome.startNs()) / 1e9;
    }

    /** Bytes of the blocks in use, by file name without its number; the JDK does not tell them. */
    private static Map<String, Long> usedLengths(Path folder) throws IOException {
        Process find =
                new ProcessBuilder("find", folder.toString(), "-type", "f", "-printf", "%b %f\\n")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String output = new String(find.getInputStream().readAllBytes(), UTF_8);
        Map<String, Long> lengths = new TreeMap<>();
        for (String line : output.lines().toList()) {
            int blank = line.indexOf(' ');
            String file = line.substring(blank + 1).replaceFirst("-\\d+$", "");
            long length = Long.parseLong(line.substring(0, blank)) * BLOCK_LENGTH;
            lengths.merge(file, length, Long::sum);
        }
        return lengths;
    }
}
