package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.store.verify.PoolReport;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The node service is killed under load. {@code -Dddict.service.kills=…} kills more often; the seed is
 * printed, and {@code -Dddict.service.seed=…} repeats it as far as time can be repeated.
 */
@ExtendWith(MachineExtension.class)
class ServiceKilledIT {
    private static final long SEED = Long.getLong("ddict.service.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("ddict.service.kills", 3);
    private static final Duration TOLD_WITHIN = Duration.ofSeconds(5);

    @Test
    @Timeout(7200)
    void losesNothingThatWasAcceptedAndTellsTheClients(Machine machine) throws Exception {
        System.out.println("ServiceKilledIT: -Dddict.service.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        machine.startService("living");
        DDict<String, String> living = machine.connect("living").create(
                DDictConfig.builder().name("living").totalMemory(ByteSize.mib(8)).build());
        living.put("key", "value");
        Totals totals = new Totals();
        for (int round = 0; round < KILLS; round++) {
            killOnce(machine, round, random, totals);
        }
        // What the last one left is swept when the next service starts, and nothing else.
        machine.startService("next");
        assertThat(machine.leftovers()).map(path -> path.getFileName().toString())
                .containsExactlyInAnyOrder("living", "next");
        assertThat(living.get("key")).isEqualTo("value");
        System.out.println("ServiceKilledIT: " + totals);
    }

    @Test
    void sweepsWhatIsLeftOfKilledServicesOnly(Machine machine) throws Exception {
        Path user = machine.userDirectory();
        machine.startService("living");
        machine.connect("living")
                .create(DDictConfig.builder().totalMemory(ByteSize.mib(8)).build());
        ChildProcess dead = machine.startService("dead");
        machine.connect("dead").create(DDictConfig.builder().totalMemory(ByteSize.mib(8)).build());
        assertThatThrownBy(() -> machine.startService("dead").await("never"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a cluster of this name is running: cluster=dead");
        machine.forgetService();
        dead.kill();
        dead.awaitEnd();
        // A service that was killed before it had a lock file, and one before it made a pool's files.
        Files.createDirectory(user.resolve("half-made"));
        Files.createDirectories(user.resolve("half-made-too/dictionary/0"));
        assertThat(user.resolve("dead").resolve(RuntimeDirectory.LOCK)).exists();
        machine.startService("dead");
        assertThat(machine.leftovers()).map(path -> path.getFileName().toString())
                .containsExactlyInAnyOrder("living", "dead");
        assertThat(machine.connect("dead").dictionaries()).isEmpty();
        assertThat(machine.connect("living").dictionaries()).hasSize(1);
    }

    @Test
    void endsViewsOfAFrozenDictionary(Machine machine) {
        DDict<String, byte[]> dict =
                machine.create(DDictConfig.builder().totalMemory(ByteSize.mib(8)));
        dict.put("key", Content.sealed(1, 5_000));
        dict.freeze();
        MemorySegment view = dict.view("key");
        machine.service().kill();
        Await.until(TOLD_WITHIN, () -> "end of the view", () -> {
            try {
                assertThat(Content.isSealed(view, 1)).isTrue();
                return false;
            } catch (IllegalStateException e) {
                // JDK-8306324: a read that is cut off may leave its thread interrupted.
                Thread.interrupted();
                return true;
            }
        });
        assertThatThrownBy(() -> dict.view("key")).isInstanceOf(ManagerLostException.class);
        assertThatThrownBy(dict::unfreeze).isInstanceOf(ManagerLostException.class);
        machine.service().awaitEnd();
        // What is left of it is swept when the next service starts.
        machine.startService("next");
    }

    @Test
    void tellsTheClientsOfAManagerThatFailed(Machine machine) throws Exception {
        ChildProcess service = machine.startService("failing");
        Cluster cluster = machine.connect("failing");
        DDictConfig.Builder config = DDictConfig.builder().totalMemory(ByteSize.mib(8));
        DDict<String, String> sound = cluster.create(config.name("sound").build());
        sound.put("key", "value");
        DDict<String, String> damaged = cluster.create(config.name("damaged").build());
        damaged.put("key", "value");
        assertThat(damaged.size()).isEqualTo(1);
        var waiting = damaged.async().awaitValue("other", "never", Duration.ofMinutes(5));
        Path entries = cluster.poolDirectories("damaged").getFirst().resolve("entries");
        try (RandomAccessFile file = new RandomAccessFile(entries.toFile(), "rw")) {
            // Where the first key's record is: far behind the end of the data.
            file.seek(64 + 8);
            file.writeLong(Long.reverseBytes(1L << 50));
        }
        damaged.put("key", "another");
        Await.until(TOLD_WITHIN, () -> "client is told", () -> isLost(() -> damaged.get("absent")));
        assertThat(waiting).failsWithin(TOLD_WITHIN)
                .withThrowableThat()
                .withCauseInstanceOf(ManagerLostException.class);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> damaged.put("key", "value"), () -> damaged.getAndAdd("counter", 1),
                damaged::size, damaged::clear, () -> damaged.keys().forEach(each -> {}))) {
            assertThatThrownBy(call).isInstanceOf(ManagerLostException.class);
        }
        sound.put("key", "another");
        assertThat(sound.get("key")).isEqualTo("another");
        damaged.destroy();
        assertThat(cluster.dictionaries()).containsExactly("sound");
        machine.verifyPools();
        assertThat(service.errorText()).contains("ddict-manager-0");
        machine.forgetServiceThatFailed();
    }

    private static boolean isLost(Runnable call) {
        try {
            call.run();
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }

    private static void killOnce(Machine machine, int round, SplittableRandom random, Totals totals)
            throws Exception {
        String cluster = "killed" + round;
        ChildProcess service = machine.startService(cluster);
        DDict<String, Object> dict = machine.connect(cluster).create(DDictConfig.builder()
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(96))
                .build());
        List<Path> pools =
                machine.pools().stream().filter(pool -> pool.toString().contains(cluster)).toList();
        List<Ledger> ledgers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ledgers.add(Ledger.start(
                    machine, List.of(), dict.serialize(), "writer" + i + "-", 2,
                    random.nextLong()));
        }
        ledgers.forEach(Ledger::awaitReady);
        Await.pass(Duration.ofMillis(random.nextInt(100, 900)));
        long killedNs = System.nanoTime();
        service.kill();
        for (Ledger ledger : ledgers) {
            ledger.awaitEnd();
            assertThat(ledger.lostNs()).hasSize(2);
            for (long lostNs : ledger.lostNs()) {
                totals.toldNs = Math.max(totals.toldNs, lostNs - killedNs);
                assertThat(Duration.ofNanos(lostNs - killedNs)).isLessThan(TOLD_WITHIN);
            }
            machine.forget(ledger.child());
        }
        assertThatThrownBy(() -> dict.put("key", "value")).isInstanceOf(ManagerLostException.class);
        assertThatThrownBy(() -> dict.get("key")).isInstanceOf(ManagerLostException.class);
        assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                .isInstanceOf(ManagerLostException.class);
        dict.close();
        service.awaitEnd();
        totals.posted += pools.stream().mapToLong(pool -> Machine.verify(pool).posted()).sum();
        try (Successor successor = new Successor(pools)) {
            ledgers.forEach(ledger -> ledger.checkValues(key -> (byte[]) successor.get(key)));
            Ledger.checkCounters(ledgers, counter -> {
                Object value = successor.get(Ledger.counterName(counter));
                return value == null ? 0 : (Long) value;
            });
            for (PoolReport report : successor.verify()) {
                assertThat(report.isClean()).as(report.text()).isTrue();
                assertThat(report.posted()).isZero();
            }
        }
        totals.kills++;
        totals.done += ledgers.stream().mapToLong(Ledger::done).sum();
        totals.inDoubt += ledgers.stream().mapToLong(Ledger::inDoubt).sum();
    }

    /** What happened in all rounds. */
    private static final class Totals {
        private int kills;
        private long done;
        private long inDoubt;
        private long posted;
        private long toldNs;

        @Override
        public String toString() {
            return "kills=" + kills + ", acknowledged=" + done + ", inDoubt=" + inDoubt
                    + ", posted and not applied=" + posted + ", told after at most "
                    + toldNs / 1_000_000 + " ms";
        }
    }
}
