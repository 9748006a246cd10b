package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Batch;
import io.ddict.client.BatchResult.Refused;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.store.pool.RecordLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A client with a quota is refused what is beyond it, at exactly that point, and others are not. The seed of
 * the random test is printed; {@code -Dddict.quota.seed=…} repeats it.
 */
@Timeout(60)
class QuotaIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.quota.seed", System.nanoTime());
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int QUOTA = 1 << 20;

    @TempDir
    Path directory;

    private static DDict<String, Object> create(DDictConfig.Builder config) {
        return SERVICE.create(
                config.totalMemory(ByteSize.mib(32)).clientQuota(ByteSize.bytes(QUOTA)));
    }

    private static DDict<String, Object> create() {
        return create(DDictConfig.builder());
    }

    // Keys of these tests are shorter than 8 bytes, and so take 8.
    private static int fitting(int length) {
        return (int) (QUOTA / RecordLayout.lengthTaken(Long.BYTES, length));
    }

    private static long refusedByQuota(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().counter("quota-refused");
    }

    private static boolean isRefused(Runnable put) {
        try {
            put.run();
            return false;
        } catch (DDictFullException e) {
            assertThat(e).hasMessageStartingWith("quota of this client is used up: ");
            return true;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 1_000, 4_096, 30_000, 100_000})
    void refusesWhatIsBeyondTheQuotaOfAProcessAndLetsOthersGoOn(int length) {
        DDict<String, Object> dict = create();
        try (OtherProcess other = new OtherProcess(SERVICE.machine())) {
            assertThat(OtherRole.fill(dict, "t", length)).isEqualTo(fitting(length));
            assertThatThrownBy(() -> dict.put("more", new byte[length]))
                    .isInstanceOf(DDictFullException.class)
                    .hasMessageMatching("quota of this client is used up: recordLength=\\d+B,"
                            + " used=\\d+B, clientQuota=1048576B, keyHash=0x[0-9a-f]+, manager=0;"
                            + " remove or overwrite what this process wrote, or create the"
                            + " dictionary with more clientQuota");
            assertThat(other.call("fill", dict, "o", length))
                    .isEqualTo(String.valueOf(fitting(length)));
            assertThat(dict.size()).isEqualTo(2L * fitting(length));
            Await.until(SOON, () -> "refused=" + refusedByQuota(dict),
                    () -> refusedByQuota(dict) == 3);
        }
    }

    @Test
    void givesBackToWhoWroteARecordWhenItIsOverwrittenOrRemoved() {
        DDict<String, Object> dict = create();
        int length = 50_000;
        try (OtherProcess other = new OtherProcess(SERVICE.machine())) {
            int count = OtherRole.fill(dict, "t", length);
            assertThat(isRefused(() -> dict.put("new", new byte[length]))).isTrue();
            // Its own remove, that of another, and another's put, each for one more.
            dict.remove("t0");
            dict.put("new0", new byte[length]);
            assertThat(isRefused(() -> dict.put("new1", new byte[length]))).isTrue();
            other.call("remove", dict, "t1");
            dict.put("new1", new byte[length]);
            assertThat(isRefused(() -> dict.put("new2", new byte[length]))).isTrue();
            assertThat(other.call("put", dict, "t2", "short")).isEqualTo("done");
            dict.put("new2", new byte[length]);
            assertThat(isRefused(() -> dict.put("new3", new byte[length]))).isTrue();
            assertThat(dict.get("t2")).isEqualTo("short");
            // What this process overwrites counts for it, and no longer for the other.
            assertThat(isRefused(() -> dict.put("t2", new byte[length]))).isTrue();
            assertThat(dict.get("t2")).as("is kept").isEqualTo("short");
            assertThat(other.call("fill", dict, "o", length)).isEqualTo("" + count);
            dict.clear();
            assertThat(OtherRole.fill(dict, "t", length)).isEqualTo(count);
            assertThat(other.call("fill", dict, "o", length)).isEqualTo("" + count);
        }
    }

    @Test
    void countsForNobodyWhatAKilledProcessWrote() {
        DDict<String, Object> dict = create();
        int length = 30_000;
        int count = fitting(length);
        OtherProcess other = new OtherProcess(SERVICE.machine());
        assertThat(other.call("fill", dict, "o", length)).isEqualTo("" + count);
        other.kill();
        Await.until(SOON, () -> "links",
                () -> dict.stats().managers().getFirst().counter("links") == 1);
        assertThat(dict.size()).as("it stays").isEqualTo(count);
        try (OtherProcess next = new OtherProcess(SERVICE.machine())) {
            assertThat(next.call("fill", dict, "n", length)).as("inherits nothing")
                    .isEqualTo("" + count);
        }
        assertThat(OtherRole.fill(dict, "t", length)).isEqualTo(count);
        for (int i = 0; i < count; i++) {
            assertThat((byte[]) dict.get("o" + i)).hasSize(length);
            dict.remove("o" + i);
        }
        assertThat(isRefused(() -> dict.put("more", new byte[length])))
                .as("what was removed was not its").isTrue();
    }

    @Test
    void neverRefusesWhatReplacesItsOwn() {
        DDict<String, Object> dict = create();
        int length = 1_000;
        int count = OtherRole.fill(dict, "t", length);
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 3_000; round++) {
            String key = "t" + random.nextInt(count);
            switch (random.nextInt(5)) {
                case 0 -> dict.put(key, new byte[length]);
                case 1 -> dict.put(key, new byte[random.nextInt(length)]);
                case 2 -> assertThat(dict.replace(key, new byte[length])).isNotNull();
                case 3 -> {
                    assertThat(dict.remove(key)).isNotNull();
                    assertThat(dict.putIfAbsent(key, new byte[length])).isNull();
                }
                default -> dict.putAll(Map.of(key, new byte[length]));
            }
        }
        Map<String, byte[]> all = new HashMap<>();
        for (int key = 0; key < count; key++) {
            all.put("t" + key, new byte[length]);
        }
        dict.putAll(all);
        assertThat(isRefused(() -> dict.put("more", new byte[length]))).isTrue();
    }

    @Test
    void refusesOfABatchWhatIsBeyond() {
        DDict<String, Object> dict = create();
        int length = 2_000;
        int count = fitting(length);
        List<String> refused = new ArrayList<>();
        try (Batch<String, Object> batch = dict.batch()) {
            for (int key = 0; key < count + 5; key++) {
                batch.put("t" + key, new byte[length]);
                batch.put("t" + key, new byte[length]);
            }
            for (Refused<String> each : batch.end().refused()) {
                refused.add(each.key());
                assertThat(each.cause())
                        .hasMessageStartingWith("quota of this client is used up: ");
            }
        }
        assertThat(dict.size()).isEqualTo(count);
        assertThat(refused).hasSize(10);
        assertThat(refused).allMatch(key -> !dict.containsKey(key));
    }

    @Test
    void countsSumsAndWhatSeveralThreadsPutAtATime() {
        DDict<String, Object> dict = create();
        int length = 1_000;
        AtomicInteger stored = new AtomicInteger();
        Threads.run(4, thread -> stored.addAndGet(OtherRole.fill(dict, "t" + thread, length)));
        assertThat(stored.get()).isBetween(fitting(length), fitting(length) + 3);
        // There may be room for less than one more of that length.
        OtherRole.fill(dict, "s", Long.BYTES);
        assertThat(isRefused(() -> dict.getAndAdd("sum", 1))).isTrue();
        dict.remove("t00");
        dict.remove("t10");
        dict.remove("t20");
        dict.remove("t30");
        for (int i = 0; i < 100; i++) {
            assertThat(dict.getAndAdd("sum", 1)).isEqualTo(i);
        }
    }

    @Test
    void countsVersionsForAsLongAsACheckpointSeesThem() {
        DDict<String, Object> dict = create(DDictConfig.builder().workingSetSize(2));
        int length = 30_000;
        int count = OtherRole.fill(dict, "t", length);
        dict.remove("t0");
        dict.checkpoint();
        dict.put("t1", new byte[length]);
        assertThat(isRefused(() -> dict.put("t2", new byte[length])))
                .as("the older one is seen from before").isTrue();
        assertThat(dict.remove("t3")).isNotNull();
        assertThat(isRefused(() -> dict.put("new", new byte[length])))
                .as("so is what was removed").isTrue();
        dict.checkpoint();
        // The oldest retires, and with it its versions of t1 and t3.
        dict.put("t2", new byte[length]);
        dict.put("t4", new byte[length]);
        assertThat(isRefused(() -> dict.put("t5", new byte[length]))).isTrue();
        assertThat(dict.size()).isEqualTo(count - 2);
    }

    @Test
    void countsForNobodyWhatIsRestored() {
        DDict<String, Object> dict = create(
                DDictConfig.builder().name("quota").persister("posix").persistPath(directory));
        int length = 30_000;
        int count = OtherRole.fill(dict, "t", length);
        try (OtherProcess other = new OtherProcess(SERVICE.machine())) {
            assertThat(other.call("fill", dict, "o", length)).isEqualTo("" + count);
        }
        dict.persist();
        dict.restore(0);
        assertThat(dict.size()).as("more than one client may have").isEqualTo(2L * count);
        assertThat(OtherRole.fill(dict, "n", length)).isEqualTo(count);
    }

    @Test
    void refusesExactlyWhatAModelSays() {
        System.out.println("QuotaIT: -Dddict.quota.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<String, Object> dict = create();
        Map<String, Owned> model = new HashMap<>();
        List<DDict<String, Object>> clients =
                List.of(dict, DDict.attach(dict.serialize()), DDict.attach(dict.serialize()));
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            int client = random.nextInt(clients.size());
            DDict<String, Object> by = clients.get(client);
            String key = "k" + random.nextInt(600);
            int length = random.nextInt(10) == 0 ? random.nextInt(60_000) : random.nextInt(9_000);
            Owned next = new Owned(client, RecordLayout.lengthTaken(key.length(), length));
            switch (random.nextInt(8)) {
                case 0 -> assertThat(by.remove(key) != null).isEqualTo(model.remove(key) != null);
                case 1 -> {
                    boolean isAbsent = !model.containsKey(key);
                    if (isAbsent && Owned.fits(model, key, next)) {
                        assertThat(by.putIfAbsent(key, new byte[length])).isNull();
                        model.put(key, next);
                    } else if (isAbsent) {
                        assertThat(isRefused(() -> by.putIfAbsent(key, new byte[length]))).isTrue();
                        refused++;
                    }
                }
                case 2 -> {
                    Batch<String, Object> batch = by.batch();
                    batch.put(key, new byte[length]);
                    boolean fits = Owned.fits(model, key, next);
                    assertThat(batch.end().stored()).isEqualTo(fits ? 1 : 0);
                    if (fits) {
                        model.put(key, next);
                    }
                }
                default -> {
                    boolean fits = Owned.fits(model, key, next);
                    assertThat(isRefused(() -> by.put(key, new byte[length])))
                            .as("%s: %s", i, key).isEqualTo(!fits);
                    if (fits) {
                        model.put(key, next);
                    } else {
                        refused++;
                    }
                }
            }
        }
        assertThat(refused).isGreaterThan(100);
        assertThat(dict.size()).isEqualTo(model.size());
        clients.subList(1, clients.size()).forEach(DDict::close);
    }

    /** What a client has of a key, and what it takes. */
    private record Owned(int client, long length) {
        static boolean fits(Map<String, Owned> model, String key, Owned next) {
            long used = model.values().stream()
                    .filter(owned -> owned.client == next.client)
                    .mapToLong(Owned::length)
                    .sum();
            Owned replaced = model.get(key);
            boolean isOwn = replaced != null && replaced.client == next.client;
            return used - (isOwn ? replaced.length : 0) + next.length <= QUOTA;
        }
    }
}
