package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pool without room refuses, keeps what it has, and takes again what fits after removals. */
class FullPoolIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String FULL_TEXT = "memory pool full: recordLength=%dB, freeBytes=\\d+B,"
            + " largestFreeBytes=\\d+B, memoryLength=\\d+B, entries=\\d+, keyHash=0x[0-9a-f]+, manager=0;"
            + " remove keys or create the dictionary with more totalMemory";

    @ParameterizedTest
    @ValueSource(ints = {8, 1_000, 4_000, 30_000, 1_000_000})
    void refusesWithFiguresAndKeepsWhatItHas(int length) {
        DDict<Integer, byte[]> dict = create(length);
        int count = fill(dict, length);
        long share =
                (long) count * length * 100 / dict.stats().managers().getFirst().memoryLength();
        assertThat(share).as("percent of the memory that values took")
                .isGreaterThan(length < 100 ? 5 : 60);
        assertThat(dict.size()).isEqualTo(count);
        for (int key = 0; key < count; key++) {
            assertThat(dict.get(key)).isEqualTo(Content.of(key, length));
        }
        // 24 bytes of header, and 4 of the key rounded up to 8.
        assertThatThrownBy(() -> fill(dict, length, count, 1_000_000))
                .isInstanceOf(DDictFullException.class)
                .hasMessageMatching(String.format(Locale.ROOT, FULL_TEXT, length + 32));
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 1_000, 30_000})
    void keepsTheOldValueWhenAReplacementIsRefused(int length) {
        DDict<Integer, byte[]> dict = create(length);
        int count = fill(dict, length);
        int refused = 0;
        for (int key = 0; key < Math.min(count, 300); key++) {
            byte[] replacement = Content.of(-key, 2 * length + 40_000);
            byte[] old = dict.get(7);
            boolean isRefused = Writes.isRefused(() -> dict.put(7, replacement));
            refused += isRefused ? 1 : 0;
            assertThat(dict.get(7)).isEqualTo(isRefused ? old : replacement);
        }
        assertThat(refused).isPositive();
        assertThatThrownBy(
                () -> dict.compareAndSet(8, dict.getVersioned(8).version(), new byte[20_000_000]))
                .isInstanceOf(DDictFullException.class);
        assertThatThrownBy(() -> dict.replace(8, new byte[20_000_000]))
                .isInstanceOf(DDictFullException.class);
        assertThatThrownBy(() -> dict.putIfAbsent(-1, new byte[20_000_000]))
                .isInstanceOf(DDictFullException.class);
        assertThat(dict.get(8)).isEqualTo(Content.of(8, length));
        assertThat(dict.containsKey(-1)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"8,8", "1000,1000", "30000,30000", "1000,3000", "1000,200000", "30000,200000",
        "30000,100"})
    void takesValuesAgainAfterScatteredRemovals(int length, int laterLength) {
        DDict<Integer, byte[]> dict = create(Math.min(length, laterLength));
        int count = fill(dict, length);
        for (int key = 0; key < count; key += 2) {
            assertThat(dict.remove(key)).isEqualTo(Content.of(key, length));
        }
        long freed = (long) count / 2 * length;
        long written = 0;
        for (int key = count; written < freed / 2; key++) {
            int newKey = key;
            Await.until(
                    SOON,
                    () -> "room for value " + (newKey - count) + ": " + dict.stats(),
                    () -> !Writes
                            .isRefused(() -> dict.put(newKey, Content.of(newKey, laterLength))));
            written += laterLength;
            assertThat(dict.get(newKey)).isEqualTo(Content.of(newKey, laterLength));
        }
        for (int key = 1; key < count; key += 2) {
            assertThat(dict.get(key)).isEqualTo(Content.of(key, length));
        }
        dict.clear();
        assertThat(fill(dict, length)).isGreaterThan(count * 9 / 10);
    }

    @Test
    void takesAsMuchAgainAsSoonAsAClearReturns() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).entriesMax(2_000));
        for (int round = 0; round < 50; round++) {
            assertThat(fill(dict, 10)).isGreaterThanOrEqualTo(2_000);
            dict.clear();
            dict.put(1, Content.of(1, 10));
        }
        int large = fill(dict, 100_000);
        for (int round = 0; round < 50; round++) {
            dict.clear();
            dict.put(1, Content.of(1, 100_000));
            assertThat(fill(dict, 100_000)).isGreaterThanOrEqualTo(large - 2);
        }
    }

    // After so many keys that came and went no look-up by the hints alone is sure that a key is absent.
    @Test
    void refusesAndOverwritesKeysWhenTheHintsAreOfNoHelp() {
        DDict<Integer, Integer> dict = SERVICE.create(
                DDictConfig.builder()
                        .totalMemory(ByteSize.mib(16))
                        .entriesMax(2_000)
                        .timeout(Duration.ofSeconds(5)));
        int first = 0;
        int next = 0;
        for (int round = 0; round < 300; round++) {
            int key = next;
            Await.until(SOON, () -> "room for a key", () -> !isRefused(dict, key));
            do {
                next++;
            } while (!isRefused(dict, next));
            for (; round < 299 && next - first > 1_500; first++) {
                dict.remove(first);
            }
        }
        try (Batch<Integer, Integer> batch = dict.batch()) {
            for (int key = first; key < next; key++) {
                dict.put(key, -key);
                batch.put(key, key);
            }
        }
        assertThat(dict.get(next - 1)).isEqualTo(next - 1);
        assertThat(dict.size()).isEqualTo(next - first);
    }

    @Test
    void refusesKeysBeyondItsEntries() {
        DDict<Integer, Integer> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).entriesMax(2_000));
        int count = 0;
        while (!isRefused(dict, count)) {
            count++;
        }
        assertThat(count).isGreaterThanOrEqualTo(2_000);
        int next = count;
        assertThat(dict.size()).isEqualTo(count);
        assertThatThrownBy(() -> dict.put(next, 1))
                .isInstanceOf(DDictFullException.class)
                .hasMessageMatching("too many keys: entries=" + count
                        + ", entriesMax=2000, keyHash=0x[0-9a-f]+, manager=0; raise entriesMax when"
                        + " creating the dictionary");
        assertThatThrownBy(() -> dict.getAndAdd(next, 1)).isInstanceOf(DDictFullException.class);
        assertThatThrownBy(() -> dict.putIfAbsent(next, 1)).isInstanceOf(DDictFullException.class);
        for (int key = 0; key < count; key++) {
            assertThat(dict.get(key)).isEqualTo(key);
            dict.put(key, -key);
        }
        for (int key = 0; key < count; key += 3) {
            dict.remove(key);
        }
        Await.until(SOON, () -> "room for keys", () -> !isRefused(dict, next));
        for (int key = 0; key < count; key++) {
            assertThat(dict.get(key)).isEqualTo(key % 3 == 0 ? null : (Integer) (-key));
        }
    }

    @Test
    void losesNothingThatWasAcceptedFromManyThreads() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(48)));
        List<Map<Integer, Integer>> accepted = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            accepted.add(new HashMap<>());
        }
        AtomicLong longestNs = new AtomicLong();
        AtomicLong refusals = new AtomicLong();
        Threads.run(4, thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            Map<Integer, Integer> own = accepted.get(thread);
            for (int i = 0; i < 6_000; i++) {
                int key = thread + 4 * random.nextInt(3_000);
                long startNs = System.nanoTime();
                if (random.nextInt(4) == 0) {
                    dict.remove(key);
                    own.remove(key);
                } else {
                    int length = random.nextInt(20) == 0 ? random.nextInt(400_000)
                            : random.nextInt(9_000);
                    if (Writes.isRefused(() -> dict.put(key, Content.of(key, length)))) {
                        refusals.incrementAndGet();
                    } else {
                        own.put(key, length);
                    }
                }
                longestNs.accumulateAndGet(System.nanoTime() - startNs, Math::max);
            }
        });
        System.out.println("FullPoolIT: refusals=" + refusals + ", longest call="
                + Duration.ofNanos(longestNs.get()));
        assertThat(refusals.get()).isPositive();
        assertThat(Duration.ofNanos(longestNs.get())).isLessThan(Duration.ofSeconds(5));
        int keys = 0;
        for (Map<Integer, Integer> own : accepted) {
            keys += own.size();
            own.forEach(
                    (key, length) -> assertThat(dict.get(key)).isEqualTo(Content.of(key, length)));
        }
        assertThat(dict.size()).isEqualTo(keys);
    }

    @Test
    void takesValuesAgainOnceAReaderIsDone() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        int count = fill(dict, 100_000);
        dict.view(0, bytes -> {
            for (int key = 0; key < count; key++) {
                dict.remove(key);
            }
            assertThat(Content.isOf(0, bytes)).isTrue();
            return null;
        });
        int[] written = new int[1];
        Await.until(SOON, () -> "room for " + count + " values: " + dict.stats(), () -> {
            while (written[0] < count
                    && !Writes.isRefused(() -> dict.put(written[0], new byte[100_000]))) {
                written[0]++;
            }
            return written[0] == count;
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 100_000, 3_000_000})
    void waitsAMomentForWhatReadersStillSee(int length) {
        DDict<Integer, byte[]> dict = create(length);
        byte[] value = Content.of(1, length);
        whileOthersView(dict, times(length), () -> dict.put(1, value));
        assertThat(dict.get(1)).isEqualTo(value);
    }

    @Test
    void waitsAMomentForWhatReadersStillSeeOfABatch() {
        DDict<Integer, byte[]> dict = create(1_000);
        Map<Integer, byte[]> pairs = new HashMap<>();
        for (int key = 1; key <= 100; key++) {
            pairs.put(key, Content.of(key, 1_000));
        }
        whileOthersView(dict, times(100_000), () -> dict.putAll(pairs));
        pairs.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 100_000})
    void refusesWhatReadersSeeForLongerThanACallMayWait(int length) {
        DDict<Integer, byte[]> dict = create(length);
        int count = fill(dict, length);
        DDict<Integer, byte[]> hasty = dict.withTimeout(Duration.ofMillis(50));
        dict.view(0, bytes -> {
            for (int key = 1; key < count / 2; key++) {
                dict.remove(key);
            }
            assertThat(Writes.isRefused(() -> dict.put(count, new byte[length]))).isTrue();
            // Or its time is over as it asks once more.
            assertThatThrownBy(() -> hasty.put(count, new byte[length]))
                    .isInstanceOfAny(DDictFullException.class, DDictTimeoutException.class);
            return null;
        });
        // A manager that does not run gives nothing back meanwhile.
        Await.until(SOON, () -> "room", () -> !Writes.isRefused(
                () -> dict.put(count, new byte[length])));
    }

    // Writes the memory over some ten times, each within a few milliseconds.
    private static int times(int length) {
        return 200_000_000 / length;
    }

    // What is given up while a view lasts is free after it.
    private static void whileOthersView(DDict<Integer, byte[]> dict, int times, Runnable write) {
        dict.put(0, Content.of(0, 100));
        try (Threads readers = new Threads()) {
            readers.repeat(thread -> dict.view(0, bytes -> {
                Await.pass(Duration.ofMillis(10));
                return null;
            }));
            int refused = 0;
            for (int i = 0; i < times; i++) {
                readers.check();
                // A reader that does not run for long, as on a machine that stands still, is not waited for.
                refused += Writes.isRefused(write) ? 1 : 0;
                assertThat(refused).as("refused").isLessThan(3);
            }
        }
    }

    @Test
    void refusesAValueLargerThanThePool() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        assertThatThrownBy(() -> dict.put(1, new byte[64 << 20]))
                .isInstanceOf(DDictFullException.class)
                .hasMessageMatching(String.format(Locale.ROOT, FULL_TEXT, (64 << 20) + 32));
        assertThat(dict.get(1)).isNull();
        dict.put(1, new byte[1 << 20]);
        assertThat(dict.get(1)).hasSize(1 << 20);
    }

    @Test
    void refusesMoreClientsThanItCanHoldMemoryBackFor() {
        DDict<Integer, byte[]> dict =
                SERVICE.create(DDictConfig.builder().totalMemory(ByteSize.mib(4)));
        List<DDict<Integer, byte[]>> attached = new ArrayList<>();
        try {
            assertThatThrownBy(() -> attachUntilRefused(dict, attached))
                    .isInstanceOf(DDictException.class)
                    .hasMessageContaining("too many clients for the memory of a manager: clients="
                            + (attached.size() + 1))
                    .hasMessageContaining("raise totalMemory");
            assertThat(attached).hasSizeBetween(3, 100);
            fill(attached.getFirst(), 1_000);
            attached.removeLast().close();
            Await.until(SOON, () -> "room for one more", () -> {
                try {
                    attached.add(DDict.attach(dict.serialize()));
                    return true;
                } catch (DDictException e) {
                    return false;
                }
            });
        } finally {
            attached.forEach(DDict::close);
        }
    }

    private static void attachUntilRefused(
            DDict<Integer, byte[]> dict, List<DDict<Integer, byte[]>> attached) {
        while (attached.size() < 1_000) {
            attached.add(DDict.attach(dict.serialize()));
        }
    }

    /** A dictionary whose memory is full before its entries are, with values of a length. */
    private static DDict<Integer, byte[]> create(int length) {
        return SERVICE.create(length < 100
                ? DDictConfig.builder().totalMemory(ByteSize.mib(6)).entriesMax(54_000)
                : DDictConfig.builder().totalMemory(ByteSize.mib(16))
                        .entriesMax(length == 100 ? 70_000 : 16_000));
    }

    /** Puts keys 0, 1, 2 … until one is refused; how many were accepted. */
    private static int fill(DDict<Integer, byte[]> dict, int length) {
        int key = 0;
        while (true) {
            int next = key;
            if (Writes.isRefused(() -> dict.put(next, Content.of(next, length)))) {
                // Once more: blocks on offer to this client may just have been taken back.
                if (Writes.isRefused(() -> dict.put(next, Content.of(next, length)))) {
                    return key;
                }
            }
            key++;
        }
    }

    private static void fill(DDict<Integer, byte[]> dict, int length, int from, int to) {
        for (int key = from; key < to; key++) {
            dict.put(key, Content.of(key, length));
        }
    }

    private static boolean isRefused(DDict<Integer, Integer> dict, int key) {
        return Writes.isRefused(() -> dict.put(key, key));
    }
}
