package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keys, values and entries promise. */
class IterationIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void goesOverAllEntries(int managers) {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(managers).totalMemory(ByteSize.mib(64)));
        Map<Integer, Integer> lengths = new HashMap<>();
        for (int i = 0; i < 3_000; i++) {
            int length = i % 500 == 0 ? 50_000 : i % 97;
            lengths.put(i, length);
            dict.put(i, Content.of(i, length));
        }
        Set<Integer> seen = new HashSet<>();
        for (Map.Entry<Integer, byte[]> entry : dict.entries()) {
            assertThat(seen.add(entry.getKey())).isTrue();
            assertThat(entry.getValue())
                    .isEqualTo(Content.of(entry.getKey(), lengths.get(entry.getKey())));
        }
        assertThat(seen).isEqualTo(lengths.keySet());
        assertThat(dict.keys()).containsExactlyInAnyOrderElementsOf(lengths.keySet());
        int bytes = 0;
        for (byte[] value : dict.values()) {
            bytes += value.length;
        }
        assertThat(bytes).isEqualTo(lengths.values().stream().mapToInt(Integer::intValue).sum());
    }

    @Test
    void endsAtOnceOverNothing() {
        DDict<Integer, Integer> dict = SERVICE.create();
        assertThat(dict.keys()).isEmpty();
        assertThat(dict.values()).isEmpty();
        assertThat(dict.entries()).isEmpty();
        assertThatThrownBy(() -> dict.keys().iterator().next())
                .isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void startsAgainWithEachIterator() {
        DDict<Integer, Integer> dict = SERVICE.create();
        Iterable<Integer> keys = dict.keys();
        assertThat(keys).isEmpty();
        dict.put(1, 1);
        assertThat(keys).containsExactly(1);
        dict.put(2, 2);
        assertThat(keys).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void skipsWhatWasRemovedMeanwhileAndDoesNotSeeWhatWasAdded() {
        DDict<Integer, Integer> dict = SERVICE.create();
        for (int i = 0; i < 1_000; i++) {
            dict.put(i, i);
        }
        Set<Integer> seen = new HashSet<>();
        Iterator<Integer> keys = dict.keys().iterator();
        for (int i = 0; i < 100; i++) {
            seen.add(keys.next());
        }
        int removed = 0;
        for (int i = 0; i < 1_000; i += 2) {
            removed += seen.contains(i) ? 0 : 1;
            dict.remove(i);
        }
        // Their entries may be those that the removed keys had.
        for (int i = 1_000; i < 3_000; i++) {
            dict.put(i, i);
        }
        assertThat(dict.size()).isEqualTo(2_500);
        int later = 0;
        while (keys.hasNext()) {
            int key = keys.next();
            assertThat(key).isBetween(0, 999);
            assertThat(seen.add(key)).isTrue();
            later++;
        }
        // One key may have been looked up ahead.
        assertThat(later).isBetween(900 - removed, 901 - removed);
    }

    @Test
    void seesTheNewestValueOfAKeyThatIsOverwrittenMeanwhile() {
        DDict<Integer, Integer> dict = SERVICE.create();
        for (int i = 0; i < 100; i++) {
            dict.put(i, i);
        }
        Iterator<Map.Entry<Integer, Integer>> entries = dict.entries().iterator();
        assertThat(entries.hasNext()).isTrue();
        for (int i = 0; i < 100; i++) {
            dict.put(i, -1);
        }
        assertThat(dict.size()).isEqualTo(100);
        entries.next();
        int count = 1;
        for (; entries.hasNext(); count++) {
            assertThat(entries.next().getValue()).isEqualTo(-1);
        }
        assertThat(count).isEqualTo(100);
    }

    @Test
    void holdsNothingWhenStoppedEarly() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        try (DDict<Integer, byte[]> other = DDict.attach(dict.serialize())) {
            for (int i = 0; i < 100; i++) {
                other.put(i, Content.of(i, 20_000));
            }
            for (int i = 0; i < 500; i++) {
                Iterator<byte[]> values = other.values().iterator();
                assertThat(values.next()).hasSize(20_000);
            }
            other.clear();
        }
        // Blocks that were on offer to the writer came back with its handle.
        Await.until(
                Duration.ofSeconds(5),
                () -> "all memory is free: " + dict.stats(),
                () -> dict.stats().managers().getFirst().usedBytes() == 0);
    }

    @SuppressWarnings("UnnecessaryAsync") // counted by the threads
    @Test
    void seesNoKeyTwiceAndAllThatStayWhileOthersWrite() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(64)));
        int lasting = 2_000;
        for (int i = 0; i < lasting; i++) {
            dict.put(i, Content.sealed(i, 100 + i % 300));
        }
        AtomicInteger rounds = new AtomicInteger();
        try (Threads threads = new Threads()) {
            SplittableRandom random = new SplittableRandom(5);
            threads.repeat(thread -> {
                int key = random.nextInt(2 * lasting);
                if (key < lasting) {
                    byte[] value = Content.sealed(key, 100 + random.nextInt(3_000));
                    // A reader that does not run for long keeps what was given up meanwhile.
                    boolean _ = Writes.isRefused(() -> dict.put(key, value));
                } else if (random.nextBoolean()) {
                    boolean _ = Writes.isRefused(() -> dict.put(key, Content.sealed(key, 100)));
                } else {
                    dict.remove(key);
                }
            });
            while (rounds.incrementAndGet() <= 15) {
                Set<Integer> seen = new HashSet<>();
                for (Map.Entry<Integer, byte[]> entry : dict.entries()) {
                    assertThat(seen.add(entry.getKey())).as("key %s once", entry.getKey()).isTrue();
                    assertThat(Content.seed(entry.getValue())).isEqualTo((long) entry.getKey());
                }
                for (int i = 0; i < lasting; i++) {
                    assertThat(seen.contains(i)).as("lasting key %s seen", i).isTrue();
                }
            }
        }
    }
}
