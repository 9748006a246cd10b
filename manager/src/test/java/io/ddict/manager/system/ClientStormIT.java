package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/*
 * Whether a stop blocks others is not asked of the clock alone, for the machine may be busy: a client
 * stays stopped until each of the observer's threads has gone on, which must be while it is stopped.
 */

/**
 * Clients are stopped and killed at random moments while others read and write. By default as many as
 * fit the time; {@code -Dddict.storm.stops=1000 -Dddict.storm.kills=1000} goes on until there were so
 * many. The seed is printed; {@code -Dddict.storm.seed=…} repeats it as far as time can be repeated.
 */
@ExtendWith(MachineExtension.class)
class ClientStormIT {
    private static final long SEED = Long.getLong("ddict.storm.seed", System.nanoTime());
    private static final int STOPS = Integer.getInteger("ddict.storm.stops", 0);
    private static final int KILLS = Integer.getInteger("ddict.storm.kills", 0);
    private static final Duration STOPPING = Duration.ofSeconds(8);
    private static final Duration KILLING = Duration.ofSeconds(22);
    private static final Duration STOPPED = Duration.ofMillis(200);
    private static final Duration STOPPED_MAX = Duration.ofSeconds(10);
    private static final Duration BLOCKED_BY_KILL_MAX = Duration.ofSeconds(1);
    private static final int VICTIMS = 3;
    private static final List<String> FRUGAL =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m", "-XX:-UsePerfData");

    private final List<Ledger> ledgers = new CopyOnWriteArrayList<>();
    private final ConcurrentLinkedQueue<Long> killsNs = new ConcurrentLinkedQueue<>();
    private final AtomicInteger stops = new AtomicInteger();
    private final AtomicInteger longStops = new AtomicInteger();
    private final AtomicInteger writers = new AtomicInteger();

    @Test
    @Timeout(36_000)
    void keepsWhatWasAcceptedAndBlocksNobody(Machine machine) throws Exception {
        System.out.println("ClientStormIT: -Dddict.storm.seed=" + SEED);
        DDict<String, Object> dict = machine.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(256)));
        awaitReserved(dict);
        long freeAtFirst = free(dict);
        Path file = machine.directory().resolve("progress");
        Progress progress = new Progress(file, ObserverRole.THREADS);
        ChildProcess observer =
                machine.start(ObserverRole.class, dict.serialize(), file.toString());
        observer.await("ready");
        Ledger survivor = startWriter(machine, dict, new SplittableRandom(SEED));
        survivor.awaitReady();
        stopOverAndOver(machine, dict, progress);
        long killingNs = System.nanoTime();
        killOverAndOver(machine, dict);
        observer.tell("end");
        String end = checkBlocking(observer, killingNs);
        assertThat(observer.awaitEnd()).isZero();
        finish(machine, dict, survivor);
        dict.clear();
        Await.until(Duration.ofSeconds(10), () -> "links closed: " + dict.stats(),
                () -> links(dict) == 2);
        Await.until(
                Duration.ofSeconds(10),
                () -> "all memory came back: at first " + freeAtFirst + "B, now " + free(dict)
                        + "B: " + dict.stats(),
                () -> free(dict) == freeAtFirst);
        System.out.printf(Locale.ROOT,
                "ClientStormIT: stops=%d (over 200 ms: %d), kills=%d, acknowledged=%d, refused=%d, inDoubt=%d, %s%n",
                stops.get(), longStops.get(), killsNs.size(),
                ledgers.stream().mapToLong(Ledger::done).sum(),
                ledgers.stream().mapToLong(Ledger::refused).sum(),
                ledgers.stream().mapToLong(Ledger::inDoubt).sum(), end);
    }

    private void stopOverAndOver(
            Machine machine, DDict<String, Object> dict, Progress progress) {
        long endNs = System.nanoTime() + STOPPING.toNanos();
        Threads.run(VICTIMS, Duration.ofHours(5), slot -> {
            SplittableRandom random = new SplittableRandom(SEED + 100 + slot);
            Ledger victim = startWriter(machine, dict, random);
            victim.awaitReady();
            while (STOPS == 0 ? System.nanoTime() < endNs : stops.get() < STOPS) {
                Await.pass(Duration.ofMillis(random.nextInt(40)));
                victim.child().stop();
                long[] before = progress.all();
                Await.pass(STOPPED);
                longStops.addAndGet(progress.isBeyond(before) ? 0 : 1);
                Await.until(
                        STOPPED_MAX,
                        () -> "others go on: " + Arrays.toString(before) + ", "
                                + Arrays.toString(progress.all()),
                        () -> progress.isBeyond(before));
                victim.child().resume();
                stops.incrementAndGet();
            }
            victim.child().kill();
            checkAndRemove(machine, dict, victim);
        });
    }

    private void killOverAndOver(Machine machine, DDict<String, Object> dict) {
        long endNs = System.nanoTime() + KILLING.toNanos();
        Threads.run(VICTIMS, Duration.ofHours(5), slot -> {
            SplittableRandom random = new SplittableRandom(SEED + 200 + slot);
            while (KILLS == 0 ? System.nanoTime() < endNs : killsNs.size() < KILLS) {
                Ledger victim = startWriter(machine, dict, random);
                victim.awaitReady();
                Await.pass(Duration.ofMillis(random.nextInt(250)));
                if (random.nextInt(5) == 0) {
                    victim.child().stop();
                }
                killsNs.add(System.nanoTime());
                victim.child().kill();
                checkAndRemove(machine, dict, victim);
            }
        });
    }

    private void finish(Machine machine, DDict<String, Object> dict, Ledger survivor)
            throws Exception {
        survivor.child().kill();
        checkAndRemove(machine, dict, survivor);
        Ledger.checkCounters(ledgers, counter -> {
            Object value = dict.get(Ledger.counterName(counter));
            return value == null ? 0 : (Long) value;
        });
    }

    private Ledger startWriter(Machine machine, DDict<String, Object> dict,
            SplittableRandom random) {
        String prefix = "writer" + writers.incrementAndGet() + "-";
        Ledger ledger =
                Ledger.start(machine, FRUGAL, dict.serialize(), prefix, 2, random.nextLong());
        ledgers.add(ledger);
        return ledger;
    }

    private static void checkAndRemove(Machine machine, DDict<String, Object> dict, Ledger victim)
            throws InterruptedException {
        victim.awaitEnd();
        machine.forget(victim.child());
        victim.checkValues(key -> (byte[]) dict.get(key));
        victim.names().forEach(dict::remove);
    }

    private static String checkBlocking(ChildProcess observer, long killingNs) {
        List<Span> naps = new ArrayList<>();
        List<Span> calls = new ArrayList<>();
        String line = observer.await("");
        for (; line.startsWith("long "); line = observer.await("")) {
            Span span = Span.of(line);
            (span.name.equals("nap") ? naps : calls).add(span);
        }
        assertThat(line).startsWith("end ");
        long byStopsNs = 0;
        long byKillsNs = 0;
        for (Span call : calls) {
            // While the machine had no time for this process at all, nobody blocked it.
            long blockedNs =
                    call.lengthNs() - naps.stream().mapToLong(nap -> nap.overlapNs(call)).sum();
            if (call.endNs < killingNs) {
                byStopsNs = Math.max(byStopsNs, blockedNs);
            } else {
                byKillsNs = Math.max(byKillsNs, blockedNs);
            }
        }
        assertThat(Duration.ofNanos(byKillsNs)).isLessThan(BLOCKED_BY_KILL_MAX);
        long napNs = naps.stream().mapToLong(Span::lengthNs).max().orElse(0);
        return "observer: calls=" + line.split(" ", -1)[1] + ", longest while stopping="
                + byStopsNs / 1_000_000 + " ms, while killing=" + byKillsNs / 1_000_000
                + " ms, longest nap=" + napNs / 1_000_000 + " ms (told above 50 ms)";
    }

    private static void awaitReserved(DDict<?, ?> dict) {
        Await.until(
                Duration.ofSeconds(20),
                () -> "all memory reserved: " + dict.stats(),
                () -> dict.stats().managers().stream()
                        .allMatch(manager -> manager.freeBytes() == manager.memoryLength() - 4096));
    }

    private static long free(DDict<?, ?> dict) {
        return dict.stats().managers().stream().mapToLong(DDictStats.Manager::freeBytes).sum();
    }

    private static long links(DDict<?, ?> dict) {
        return dict.stats().managers().stream()
                .mapToLong(manager -> manager.counters().get("links")).sum();
    }

    /** Something that took a while. */
    private record Span(String name, long startNs, long endNs) {
        static Span of(String line) {
            String[] words = line.split(" ", -1);
            return new Span(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]));
        }

        long lengthNs() {
            return endNs - startNs;
        }

        long overlapNs(Span other) {
            return Math.max(0, Math.min(endNs, other.endNs) - Math.max(startNs, other.startNs));
        }
    }
}
