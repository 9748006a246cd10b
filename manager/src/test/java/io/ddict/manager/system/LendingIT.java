package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.BroadcastRefusedException;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictStats;
import io.ddict.client.Filtered;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A large value that is broadcast is once on each node, and still every manager's own. */
@Timeout(60)
class LendingIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final int MANAGERS = 4;
    private static final int LENGTH = 1_000_000;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long SEED = Long.getLong("ddict.lending.seed", System.nanoTime());

    @TempDir
    Path disk;

    @Test
    void takesTheMemoryOfOneCopyUntilTheLastIsReplaced() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        long before = used(dict);
        dict.broadcastPut("key", Content.of(1, LENGTH));
        Await.until(SOON, () -> "memory is taken", () -> used(dict) - before >= LENGTH);
        assertThat(used(dict) - before).isLessThan(2 * LENGTH);

        for (int manager = 1; manager < MANAGERS; manager++) {
            dict.manager(manager).put("key", new byte[manager]);
        }
        assertThat(dict.manager(0).get("key")).isEqualTo(Content.of(1, LENGTH));
        dict.manager(0).remove("key");
        Await.until(
                SOON, () -> "memory comes back: used=" + used(dict) + ", before=" + before,
                () -> used(dict) - before < LENGTH / 10);
        assertThat(dict.manager(2).get("key")).hasSize(2);
    }

    private static long used(DDict<?, ?> dict) {
        return dict.stats().managers().stream().mapToLong(DDictStats.Manager::usedBytes).sum();
    }

    @Test
    void isReadInEveryWay() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        byte[] value = Content.of(2, LENGTH);
        dict.broadcastPut("key", value);
        for (int manager = 0; manager < MANAGERS; manager++) {
            DDict<String, byte[]> shard = dict.manager(manager);
            assertThat(shard.get("key")).isEqualTo(value);
            assertThat(shard.broadcastGet("key")).isEqualTo(value);
            byte[] copy = new byte[LENGTH];
            assertThat(shard.get("key", MemorySegment.ofArray(copy))).isEqualTo(LENGTH);
            assertThat(copy).isEqualTo(value);
            assertThat(shard.<Boolean>view("key", bytes -> Content.isOf(2, bytes))).isTrue();
            assertThat(shard.getVersioned("key").value()).isEqualTo(value);
            assertThat(shard.entries()).singleElement()
                    .satisfies(entry -> assertThat(entry.getValue()).isEqualTo(value));
            assertThat(shard.asMap().get("key")).isEqualTo(value);
            shard.awaitValue("key", value, SOON);
        }
        try (Filtered<Map.Entry<String, byte[]>> found = dict.filter(
                (key, bytes) -> bytes.length == LENGTH, Map.Entry.comparingByKey())) {
            assertThat(found.stream()).hasSize(MANAGERS);
        }
        try (DDict<String, byte[]> other = DDict.attach(dict.serialize())) {
            Threads.run(4, thread -> assertThat(other.manager(thread).get("key")).isEqualTo(value));
        }
    }

    @Test
    void isViewedWhileFrozenAndNoLonger() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        dict.broadcastPut("key", Content.of(3, LENGTH));
        dict.freeze();
        List<MemorySegment> views = IntStream.range(0, MANAGERS)
                .mapToObj(manager -> dict.manager(manager).view("key"))
                .toList();
        assertThat(views).allMatch(each -> Content.isOf(3, each));
        dict.unfreeze();
        assertThat(views).allSatisfy(each -> assertThatThrownBy(
                () -> each.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class));
    }

    @Test
    void isStoredWhereOnlyOneManagerHasRoomForIt() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        IntStream.range(1, MANAGERS).forEach(manager -> fill(dict.manager(manager)));
        byte[] value = Content.of(4, LENGTH);
        dict.broadcastPut("key", value);
        IntStream.range(0, MANAGERS).forEach(
                manager -> assertThat(dict.manager(manager).get("key")).isEqualTo(value));

        fill(dict.manager(0));
        assertThatThrownBy(() -> dict.broadcastPut("other", value))
                .isInstanceOfAny(DDictFullException.class, BroadcastRefusedException.class);
        assertThat(dict.containsKey("other")).isFalse();
    }

    private static void fill(DDict<String, byte[]> manager) {
        byte[] value = new byte[LENGTH / 4];
        for (int refusals = 0, i = 0; refusals < 20; i++) {
            try {
                manager.put("filler" + i, value);
            } catch (DDictFullException e) {
                refusals++;
            }
        }
    }

    @Test
    void isRefusedAtOnceThoughOthersGiveMemoryBackAllTheTime() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        try (Threads others = new Threads()) {
            others.repeat(thread -> dict.broadcastPut("key", new byte[100_000]));
            for (int i = 0; i < 5; i++) {
                long startNs = System.nanoTime();
                assertThatThrownBy(() -> dict.put("too long", new byte[5_000_000]))
                        .isInstanceOf(DDictFullException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                        .isLessThan(SOON.dividedBy(4));
            }
        }
    }

    @Test
    void isPutWithoutWaitingWhereItsCallMayNotWait() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        DDict<String, byte[]> hasty = dict.withTimeout(Duration.ofMillis(300));
        Threads.run(3, thread -> {
            for (int i = 0; i < 100; i++) {
                byte[] value = Content.sealed(i, 100_000);
                Await.until(SOON, () -> "is put in time",
                        () -> isPut(hasty, "key" + thread, value));
            }
        });
        assertThat(dict.values()).hasSize(3 * MANAGERS)
                .allMatch(each -> Content.isWhole(MemorySegment.ofArray(each)));
    }

    // Not so if a manager does not run for as long as the call may last.
    private static boolean isPut(DDict<String, byte[]> dict, String key, byte[] value) {
        try {
            dict.broadcastPut(key, value);
            return true;
        } catch (DDictException e) {
            if (e.status() != DDictException.Status.TIMEOUT) {
                throw e;
            }
            return false;
        }
    }

    @Test
    void isReplacedAgainAndAgainWhereThereIsRoomForTwo() {
        DDict<String, byte[]> dict = create(DDictConfig.builder());
        // 4 MiB each, of which two of these have some 3.
        for (int round = 0; round < 300; round++) {
            byte[] value = Content.sealed(round, 1_100_000);
            dict.broadcastPut("key", value);
            assertThat(dict.manager(round % MANAGERS).<Boolean>view(
                    "key", bytes -> Content.isWhole(bytes))).isTrue();
        }
    }

    @Test
    void belongsToItsCheckpoint() {
        DDict<String, byte[]> dict = create(DDictConfig.builder().workingSetSize(3));
        for (int checkpoint = 0; checkpoint < 3; checkpoint++) {
            dict.checkpointId(checkpoint);
            dict.broadcastPut("key", Content.of(checkpoint, 200_000));
        }
        for (int checkpoint = 0; checkpoint < 3; checkpoint++) {
            dict.checkpointId(checkpoint);
            assertCopies(dict, checkpoint);
        }
        for (int checkpoint = 3; checkpoint < 20; checkpoint++) {
            dict.checkpointId(checkpoint);
            dict.broadcastPut("key", Content.of(checkpoint, 200_000));
            assertCopies(dict, checkpoint);
        }
        Await.until(
                SOON, () -> "three are held, what retired comes back: used=" + used(dict),
                () -> used(dict) > 0 && used(dict) < 4 * 200_000);
    }

    private static void assertCopies(DDict<String, byte[]> dict, int seed) {
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo(Content.of(seed, 200_000));
        }
    }

    @Test
    void putsACopyEverywhereWhereNothingIsLent() {
        DDict<String, byte[]> spilling = create(
                DDictConfig.builder().spill(disk, ByteSize.mib(64)), 16);
        spilling.broadcastPut("key", Content.of(5, 200_000));
        assertCopies(spilling, 5);
        DDict<String, byte[]> persisted = create(
                DDictConfig.builder().name("lending").persister("posix").persistPath(disk));
        persisted.broadcastPut("key", Content.of(8, 200_000));
        persisted.persist();
        persisted.clear();
        persisted.restore(0);
        assertCopies(persisted, 8);
        DDict<String, byte[]> waiting = create(
                DDictConfig.builder().workingSetSize(2).waitForKeys(true));
        waiting.broadcastPut("key", Content.of(6, 200_000));
        assertCopies(waiting, 6);
        DDict<String, byte[]> ending = create(DDictConfig.builder());
        ending.withTimeToLive(SOON.multipliedBy(6)).broadcastPut("key", Content.of(7, 200_000));
        assertCopies(ending, 7);
    }

    @Test
    void staysWholeWhateverOthersDoWithIt() {
        System.out.println("LendingIT: -Dddict.lending.seed=" + SEED);
        DDict<String, byte[]> dict = create(DDictConfig.builder(), 16);
        try (Threads readers = new Threads()) {
            for (int reader = 0; reader < 2; reader++) {
                readers.repeat(thread -> read(dict, new SplittableRandom(SEED + 99)));
            }
            Threads.run(3, thread -> change(dict, new SplittableRandom(SEED + thread)));
        }
        dict.clear();
        try (DDict<String, byte[]> other = DDict.attach(dict.serialize())) {
            // What is offered to a client for its next puts counts as used.
            dict.close();
            Await.until(
                    SOON, () -> "memory comes back: used=" + used(other),
                    () -> used(other) < LENGTH);
        }
    }

    private static void change(DDict<String, byte[]> dict, SplittableRandom random) {
        for (int i = 0; i < 1_500; i++) {
            String key = "key" + random.nextInt(6);
            byte[] value = Content.sealed(random.nextLong(), random.nextInt(16, 600_000));
            DDict<String, byte[]> shard = dict.manager(random.nextInt(MANAGERS));
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> dict.broadcastPut(key, value);
                case 4, 5 -> shard.put(key, value);
                case 6 -> dict.put(key, value);
                default -> shard.remove(key);
            }
        }
    }

    private static void read(DDict<String, byte[]> dict, SplittableRandom random) {
        for (int i = 0; i < 200; i++) {
            String key = "key" + random.nextInt(6);
            DDict<String, byte[]> shard = dict.manager(random.nextInt(MANAGERS));
            byte[] copy = shard.get(key);
            assertThat(copy == null || Content.isWhole(MemorySegment.ofArray(copy))).isTrue();
            Boolean whole = shard.view(key, Content::isWhole);
            assertThat(whole == null || whole).isTrue();
            if (random.nextInt(20) == 0) {
                dict.values().forEach(each -> assertThat(
                        Content.isWhole(MemorySegment.ofArray(each))).isTrue());
            }
        }
    }

    private static DDict<String, byte[]> create(DDictConfig.Builder config) {
        return create(config, 4);
    }

    private static DDict<String, byte[]> create(DDictConfig.Builder config, int mibOfOne) {
        return SERVICE.create(config
                .managersPerNode(MANAGERS)
                .totalMemory(ByteSize.mib((long) mibOfOne * MANAGERS)));
    }
}
