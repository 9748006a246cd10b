package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.manager.KeptDictionaries;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dictionaries that outlive their services in memory. {@code -Dddict.restart.kills=…} kills more often;
 * the seed is printed, and {@code -Dddict.restart.seed=…} repeats it as far as time can be repeated.
 */
@ExtendWith(MachineExtension.class)
class RestartIT {
    private static final long SEED = Long.getLong("ddict.restart.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("ddict.restart.kills", 3);
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path disk;

    @Test
    void goesOnAfterADestroyThatAllowsIt(Machine machine) {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        DDict<String, byte[]> dict = cluster.create(config().managersPerNode(2).build());
        for (int i = 0; i < 1000; i++) {
            dict.put("key" + i, Content.sealed(i, 16 + i * 7));
        }
        DDict<String, byte[]> other = DDict.attach(dict.serialize());
        long version = other.getVersioned("key1").version();
        dict.destroy(true);
        assertThatThrownBy(() -> other.get("key1")).isInstanceOf(DestroyedException.class);
        assertThat(cluster.dictionaries()).isEmpty();
        DDict<String, byte[]> again = cluster.create(config().managersPerNode(2).build());
        assertThat(again.size()).isEqualTo(1000);
        for (int i = 0; i < 1000; i++) {
            assertThat(again.get("key" + i)).isEqualTo(Content.sealed(i, 16 + i * 7));
        }
        again.put("key1", new byte[3]);
        assertThat(again.getVersioned("key1").version()).isGreaterThan(version);
        again.destroy();
        assertThat(cluster.<String, byte[]>create(config().build()).isEmpty()).isTrue();
        cluster.attach("kept", AttachOptions.DEFAULTS).destroy();
    }

    @Test
    void findsWhatManagersLentEachOtherWhenItsServiceWasKilled(Machine machine) {
        int managers = 4;
        ChildProcess service = machine.startService("one");
        DDictConfig config =
                config().managersPerNode(managers).totalMemory(ByteSize.mib(64)).build();
        DDict<String, byte[]> dict = machine.connect("one").create(config);
        for (int i = 0; i < 20; i++) {
            dict.broadcastPut("key" + i, Content.sealed(i, 20_000 + i * 10_000));
            dict.manager(i % managers).put("key" + i, Content.sealed(100 + i, 16));
        }
        service.kill();
        service.awaitEnd();

        machine.startService("two");
        DDict<String, byte[]> again = machine.connect("two").create(config);
        machine.verifyPools();
        for (int i = 0; i < 20 * managers; i++) {
            int key = i / managers;
            boolean isOther = key % managers == i % managers;
            assertThat(again.manager(i % managers).get("key" + key)).isEqualTo(
                    isOther
                            ? Content.sealed(100 + key, 16)
                            : Content.sealed(key, 20_000 + key * 10_000));
        }
        again.broadcastPut("key0", Content.sealed(7, 500_000));
        again.values().forEach(each -> assertThat(
                Content.isWhole(MemorySegment.ofArray(each))).isTrue());
        again.clear();
        assertThat(again.isEmpty()).isTrue();
        again.destroy();
    }

    @Test
    void hasEveryBroadcastThatWasToldToBeStoredWhenItsServiceWasKilledWithinOne(Machine machine) {
        int managers = 4;
        DDictConfig config =
                config().managersPerNode(managers).totalMemory(ByteSize.mib(64)).build();
        for (int kill = 0; kill < KILLS; kill++) {
            ChildProcess service = machine.startService("kill" + kill);
            DDict<String, long[]> dict = machine.connect("kill" + kill).create(config);
            ChildProcess child = machine.start(BroadcastRole.class, dict.serialize(), "20000");
            long told = 0;
            for (int i = 0; i < 100 + 77 * kill; i++) {
                told = Long.parseLong(child.await("stored "));
            }
            service.kill();
            service.awaitEnd();
            child.kill();
            child.awaitEnd();
            machine.forget(child);

            machine.startService("after" + kill);
            DDict<String, long[]> again = machine.connect("after" + kill).create(config);
            machine.verifyPools();
            LongSummaryStatistics copies = IntStream.range(0, managers)
                    .mapToObj(manager -> again.manager(manager).getOrThrow(BroadcastRole.KEY))
                    .peek(copy -> assertThat(copy).hasSize(20_000).containsOnly(copy[0]))
                    .mapToLong(copy -> copy[0])
                    .summaryStatistics();
            assertThat(copies.getMin()).isGreaterThanOrEqualTo(told);
            assertThat(copies.getMax() - copies.getMin()).isLessThanOrEqualTo(1);
            again.destroy();
        }
    }

    @Test
    void shutsOutWhoHadItBeforeItWasDestroyed(Machine machine) {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        DDict<String, String> dict = cluster.create(config().build());
        DDict<String, String> before = DDict.attach(dict.serialize());
        before.put("key", "value");
        dict.destroy(true);
        DDict<String, String> again = cluster.create(config().build());
        assertThatThrownBy(() -> before.get("key")).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(() -> before.put("key", "late")).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(before::size).isInstanceOf(DestroyedException.class);
        before.close();
        assertThat(again.get("key")).isEqualTo("value");
        again.destroy();
    }

    @Test
    void goesOnInAnotherClusterAfterANormalEnd(Machine machine) {
        machine.startService("one");
        DDict<String, String> dict = machine.connect("one").create(config().build());
        dict.put("key", "value");
        machine.connect("one").stop();
        // The end of its own socket tells it, a moment after that of the one that stopped the service.
        Await.until(SOON, () -> "client is told", () -> isLost(() -> dict.get("key")));
        assertThatThrownBy(() -> dict.put("key", "late")).isInstanceOf(ManagerLostException.class);
        machine.startService("two");
        DDict<String, String> again = machine.connect("two").create(config().build());
        assertThat(again.get("key")).isEqualTo("value");
        again.destroy();
    }

    @Test
    @Timeout(7200)
    void losesNothingThatWasAcceptedWhenItsServicesAreKilled(Machine machine) throws Exception {
        System.out.println("RestartIT: -Dddict.restart.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        List<Ledger> ledgers = new ArrayList<>();
        for (int round = 0; round <= KILLS; round++) {
            ChildProcess service = machine.startService("round" + round);
            DDict<String, Object> dict =
                    machine.connect("round" + round).create(
                            config().managersPerNode(2).totalMemory(ByteSize.mib(192)).build());
            ledgers.forEach(each -> each.checkValues(key -> (byte[]) dict.get(key)));
            Ledger.checkCounters(ledgers, counter -> {
                Object value = dict.get(Ledger.counterName(counter));
                return value == null ? 0 : (Long) value;
            });
            machine.verifyPools();
            if (round < KILLS) {
                killUnderLoad(machine, service, dict.serialize(), round, random, ledgers);
            } else {
                dict.destroy();
            }
        }
        System.out.println("RestartIT: kills=" + KILLS + ", acknowledged="
                + ledgers.stream().mapToLong(Ledger::done).sum() + ", inDoubt="
                + ledgers.stream().mapToLong(Ledger::inDoubt).sum());
    }

    // In odd rounds the clients are killed as well, before or after the service.
    private static void killUnderLoad(
            Machine machine, ChildProcess service, String handle, int round,
            SplittableRandom random, List<Ledger> ledgers)
            throws InterruptedException {
        List<Ledger> now = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            now.add(Ledger.start(
                    machine, List.of(), handle, "round" + round + "-writer" + i + "-", 2,
                    random.nextLong()));
        }
        now.forEach(Ledger::awaitReady);
        Await.pass(Duration.ofMillis(random.nextInt(100, 900)));
        if (round % 2 == 1) {
            now.getFirst().child().kill();
        }
        service.kill();
        if (round % 2 == 1) {
            now.getLast().child().kill();
        }
        for (Ledger each : now) {
            each.awaitEnd();
            machine.forget(each.child());
        }
        service.awaitEnd();
        ledgers.addAll(now);
    }

    @Test
    void keepsItsCheckpoints(Machine machine) {
        ChildProcess first = machine.startService("one");
        DDictConfig config = config().workingSetSize(3).build();
        DDict<String, String> dict = machine.connect("one").create(config);
        for (long checkpoint = 0; checkpoint < 5; checkpoint++) {
            dict.checkpointId(checkpoint);
            dict.put("key", "value" + checkpoint);
            dict.put("only" + checkpoint, "there");
        }
        dict.remove("only2");
        assertThat(dict.size()).isEqualTo(5);
        first.kill();
        first.awaitEnd();
        machine.startService("two");
        DDict<String, String> again = machine.connect("two").create(config);
        assertThat(again.checkpointId()).isEqualTo(4);
        assertThat(again.size()).isEqualTo(5);
        for (long checkpoint = 2; checkpoint < 5; checkpoint++) {
            again.checkpointId(checkpoint);
            assertThat(again.get("key")).isEqualTo("value" + checkpoint);
            assertThat(again.containsKey("only4")).isEqualTo(checkpoint == 4);
            assertThat(again.containsKey("only2")).isEqualTo(checkpoint != 4);
        }
        again.checkpointId(1);
        assertThatThrownBy(() -> again.get("key")).isInstanceOf(CheckpointRetiredException.class);
        again.checkpointId(5);
        again.put("key", "value5");
        again.checkpointId(2);
        assertThatThrownBy(() -> again.get("key")).isInstanceOf(CheckpointRetiredException.class);
        again.destroy();
    }

    @Test
    void takesWritesAgainWhenItWasFrozen(Machine machine) {
        ChildProcess first = machine.startService("one");
        DDict<String, String> dict = machine.connect("one").create(config().build());
        dict.put("key", "value");
        dict.freeze();
        first.kill();
        first.awaitEnd();
        machine.startService("two");
        DDict<String, String> again = machine.connect("two").create(config().build());
        assertThat(again.isFrozen()).isFalse();
        again.put("key", "another");
        again.freeze();
        assertThat(again.view("key")).isNotNull();
        again.destroy();
    }

    @Test
    void isNeverHalfRestored(Machine machine) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        System.out.println("RestartIT: -Dddict.restart.seed=" + SEED);
        DDictConfig config = config().managersPerNode(2).persister("posix").persistPath(disk)
                .totalMemory(ByteSize.mib(64)).build();
        machine.startService("first");
        DDict<String, byte[]> made = machine.connect("first").create(config);
        putAll(made, 1);
        made.persist();
        machine.connect("first").stop();
        List<Long> found = new ArrayList<>();
        for (int round = 0; round < KILLS; round++) {
            ChildProcess service = machine.startService("round" + round);
            DDict<String, byte[]> dict = machine.connect("round" + round).create(config);
            putAll(dict, 2);
            Thread restoring = Thread.ofPlatform().daemon().start(() -> {
                try {
                    dict.restore(0);
                } catch (DDictException e) {
                    // The service ends meanwhile.
                }
            });
            Await.pass(Duration.ofMillis(random.nextInt(0, 150)));
            service.kill();
            service.awaitEnd();
            assertThat(Await.holdsWithin(SOON, () -> !restoring.isAlive())).isTrue();
            ChildProcess next = machine.startService("check" + round);
            DDict<String, byte[]> kept = machine.connect("check" + round).create(config);
            found.add(generation(kept));
            machine.verifyPools();
            kept.put("key", new byte[1]);
            kept.remove("key");
            machine.connect("check" + round).stop();
            if (found.getLast() == 0) {
                assertThat(next.errorText()).contains("kept while it was being restored, and begins"
                        + " empty: dictionary=kept");
                machine.forgetServiceThatFailed();
            }
        }
        System.out.println("RestartIT: restores cut off, then found: " + found);
        assertThat(KeptDictionaries.forget("kept")).isTrue();
    }

    private static boolean isLost(Runnable call) {
        try {
            call.run();
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }

    private static void putAll(DDict<String, byte[]> dict, long seed) {
        for (int i = 0; i < 400; i++) {
            dict.put("key" + i, Content.sealed(seed, 20_000));
        }
    }

    /** The seed of all values, or 0 if there is none; what is half of one and half of another fails. */
    private static long generation(DDict<String, byte[]> dict) {
        List<Long> seeds = new ArrayList<>();
        for (byte[] value : dict.values()) {
            assertThat(Content.sealed(Content.seed(value), value.length)).isEqualTo(value);
            seeds.add(Content.seed(value));
        }
        assertThat(seeds.stream().distinct()).hasSizeLessThanOrEqualTo(1);
        assertThat(seeds.size()).isIn(0, 400);
        return seeds.isEmpty() ? 0 : seeds.getFirst();
    }

    @Test
    void refusesOtherSettingsThanThoseItWasMadeWith(Machine machine) {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        DDict<String, String> dict = cluster.create(config().build());
        dict.put("key", "value");
        dict.destroy(true);
        DDictConfig other =
                config().managersPerNode(2).totalMemory(ByteSize.mib(24)).workingSetSize(2).build();
        assertThatThrownBy(() -> cluster.create(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a dictionary of this name is kept that was made with other settings:"
                        + " name=kept; managersPerNode: kept=1, wanted=2; totalMemory:"
                        + " kept=16777216B, wanted=25165824B; workingSetSize: kept=1, wanted=2;"
                        + " create it with the same, or remove it by: ddict forget kept");
        DDict<String, String> again = cluster.create(config().build());
        assertThat(again.get("key")).isEqualTo("value");
        again.destroy();
    }

    @Test
    void refusesWhatAnotherServiceHas(Machine machine) {
        machine.startService("one");
        machine.startService("two");
        DDict<String, String> dict = machine.connect("one").create(config().build());
        dict.put("key", "value");
        assertThatThrownBy(() -> machine.connect("two").create(config().build()))
                .isInstanceOf(DDictException.class)
                .hasMessage("a service has the restartable dictionary of this name: name=kept,"
                        + " cluster=one; attach to it there, or stop that service first");
        assertThat(dict.get("key")).isEqualTo("value");
        dict.destroy();
        machine.connect("two").<String, String>create(config().build()).destroy();
    }

    @Test
    void refusesToKeepWhatWasNotMadeForIt(Machine machine) {
        DDict<String, String> dict =
                machine.create(DDictConfig.builder().name("brief").totalMemory(ByteSize.mib(8)));
        dict.put("key", "value");
        assertThatThrownBy(() -> dict.destroy(true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dictionary cannot be kept: dictionary=brief; create it with"
                        + " restartable(true), or with continuous durability");
        assertThat(dict.get("key")).isEqualTo("value");
    }

    @Test
    void needsANameAndNothingToRestoreFrom() {
        assertThatThrownBy(() -> DDictConfig.builder().restartable(true).build())
                .hasMessageContaining("restartable needs a name to be found again");
        assertThatThrownBy(() -> config().persister("posix").restoreFrom(3).build())
                .hasMessageContaining("no restoreFrom, which would replace what was kept");
    }

    @Test
    void sweepsWhatIsHalfMadeAndNothingElse(Machine machine) throws Exception {
        ChildProcess service = machine.startService("one");
        machine.connect("one").create(config().build()).put("key", "value");
        service.kill();
        service.awaitEnd();
        Path kept = machine.userDirectory().resolve(".kept");
        Files.createDirectories(kept.resolve("half-made/0"));
        Files.createFile(kept.resolve("half-made/0/status"));
        machine.startService("two");
        assertThat(kept.resolve("half-made")).doesNotExist();
        assertThat(KeptDictionaries.all()).hasSize(1);
        assertThat(KeptDictionaries.all().getFirst().name()).isEqualTo("kept");
        assertThat(KeptDictionaries.all().getFirst().memoryLength())
                .isBetween(16L << 20, 20L << 20);
        DDict<String, String> again = machine.connect("two").create(config().build());
        assertThat(KeptDictionaries.all()).isEmpty();
        assertThat(KeptDictionaries.forget("kept")).isFalse();
        assertThat(again.get("key")).isEqualTo("value");
        again.destroy(true);
        assertThat(KeptDictionaries.forget("kept")).isTrue();
        assertThat(kept).doesNotExist();
    }

    @Test
    void leavesNothingBehindHoweverOftenItIsTakenOver(Machine machine) {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        DDict<String, byte[]> dict = cluster.create(config().build());
        for (int round = 0; round < 20; round++) {
            dict.put("key", new byte[100_000]);
            dict.destroy(true);
            dict = cluster.create(config().build());
        }
        DDict<String, byte[]> last = dict;
        // Links of handles that were closed end one by one.
        Await.until(SOON, () -> "links of closed handles end",
                () -> last.stats().managers().getFirst().counter("links") == 1);
        assertThat(last.get("key")).hasSize(100_000);
        assertThat(last.size()).isEqualTo(1);
        last.destroy();
    }

    private static DDictConfig.Builder config() {
        return DDictConfig.builder().name("kept").restartable(true).totalMemory(ByteSize.mib(16));
    }
}
