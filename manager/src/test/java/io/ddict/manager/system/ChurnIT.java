package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictStats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/*
 * Lengths are log-uniform within four ranges, of which the longer ones are rare, so that a million
 * operations move some 100 GB and not 13 TB.
 */

/**
 * Values of mixed lengths come, change and go in a dictionary that is about 85 % full, beside a {@link
 * HashMap} of what it should hold. The whole million, up to 256 MiB a value, is run by {@code
 * -Dddict.churn.operations=1000000 -Dddict.churn.length-max=268435456 -Dddict.churn.memory=4294967296}.
 */
@ExtendWith(MachineExtension.class)
class ChurnIT {
    private static final long SEED = Long.getLong("ddict.churn.seed", System.nanoTime());
    private static final int OPERATIONS = Integer.getInteger("ddict.churn.operations", 50_000);
    private static final int LENGTH_MAX = Integer.getInteger("ddict.churn.length-max", 16 << 20);
    private static final long MEMORY = Long.getLong("ddict.churn.memory", 256L << 20);
    private static final double LEVEL = 0.85;
    private static final int KEYS = 200_000;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Map<String, Value> model = new HashMap<>();
    private final List<String> present = new ArrayList<>();
    private DDict<String, MemorySegment> dict;
    private MemorySegment source;
    private long held;
    private long target;
    private long written;
    private int refused;
    private int largestRefused;

    @Test
    @Timeout(7200)
    void equalsAHashMapAndDoesNotBreakUpItsMemory(Machine machine) {
        System.out.println("ChurnIT: -Dddict.churn.seed=" + SEED);
        DDict<String, MemorySegment> owner = machine.create(DDictConfig.builder()
                .totalMemory(ByteSize.bytes(MEMORY))
                .entriesMax(MEMORY >> 12));
        Await.until(
                Duration.ofSeconds(30),
                () -> "all memory reserved: " + owner.stats(),
                () -> figures(owner).freeBytes() == figures(owner).memoryLength() - 4096);
        long freeAtFirst = figures(owner).freeBytes();
        target = (long) (LEVEL * freeAtFirst);
        long startNs = System.nanoTime();
        try (DDict<String, MemorySegment> attached = DDict.attach(owner.serialize());
                Arena arena = Arena.ofShared()) {
            dict = attached;
            source = arena.allocate(LENGTH_MAX);
            for (int i = 1; i <= OPERATIONS; i++) {
                operate();
                if (i % (OPERATIONS / 5) == 0) {
                    checkAll();
                }
            }
        }
        long ns = System.nanoTime() - startNs;
        checkLevels(owner, ns);
        owner.clear();
        Await.until(
                Duration.ofSeconds(10),
                () -> "all memory came back: at first " + freeAtFirst + "B, now " + owner.stats(),
                () -> figures(owner).freeBytes() == freeAtFirst);
        assertThat(figures(owner).largestFreeBytes()).isEqualTo(freeAtFirst);
    }

    private void checkLevels(DDict<?, ?> owner, long ns) {
        boolean joined = Await.holdsWithin(
                Duration.ofSeconds(30),
                () -> 2 * figures(owner).largestFreeBytes() >= figures(owner).freeBytes());
        DDictStats.Manager figures = figures(owner);
        System.out.printf(Locale.ROOT,
                "ChurnIT: operations=%d, written=%d MB, %.1f s, keys=%d, used=%.3f, refused=%d (largest %d B),"
                        + " largest free / free=%.3f, moved=%d%n",
                OPERATIONS, written / 1_000_000, ns / 1e9, model.size(),
                figures.usedBytes() / (double) (figures.usedBytes() + figures.freeBytes()), refused,
                largestRefused,
                figures.largestFreeBytes() / (double) figures.freeBytes(),
                figures.counters().get("records-moved"));
        assertThat(joined).as("largest free block is half of the free bytes: %s", figures).isTrue();
    }

    private void operate() {
        int choice = random.nextInt(100);
        if (choice < 15 && !present.isEmpty()) {
            check(present.get(random.nextInt(present.size())));
        } else if (held > target) {
            remove(random.nextInt(present.size()));
        } else if (choice < 50 && !present.isEmpty()) {
            put(present.get(random.nextInt(present.size())), length());
        } else {
            put(key(random.nextInt(KEYS)), length());
        }
    }

    private void put(String key, int length) {
        Value old = model.get(key);
        Value value = new Value(random.nextLong(), length);
        MemorySegment bytes = source.asSlice(0, length);
        Content.fill(value.seed, bytes);
        try {
            dict.put(key, bytes);
        } catch (DDictFullException e) {
            refused++;
            largestRefused = Math.max(largestRefused, length);
            check(key);
            return;
        }
        written += length;
        model.put(key, value);
        if (old == null) {
            present.add(key);
        }
        held += taken(key, value) - (old == null ? 0 : taken(key, old));
    }

    private void remove(int index) {
        String key = present.get(index);
        Value value = model.remove(key);
        present.set(index, present.getLast());
        present.removeLast();
        held -= taken(key, value);
        MemorySegment removed = dict.remove(key);
        assertThat(removed.byteSize()).isEqualTo(value.length);
        assertThat(Content.isOf(value.seed, removed)).isTrue();
    }

    private void check(String key) {
        Value expected = model.get(key);
        Boolean equal = dict.view(
                key, bytes -> expected != null
                        && bytes.byteSize() == expected.length
                        && Content.isOf(expected.seed, bytes));
        assertThat(equal).as("value of %s, expected %s", key, expected)
                .isEqualTo(expected == null ? null : true);
    }

    private void checkAll() {
        assertThat(dict.size()).isEqualTo(model.size());
        model.keySet().forEach(this::check);
        for (int i = 0; i < 1_000; i++) {
            check(key(random.nextInt(KEYS)));
        }
    }

    private int length() {
        int choice = random.nextInt(10_000);
        if (choice < 100) {
            return 0;
        }
        if (choice < 9_000) {
            return logUniform(1, 4 << 10);
        }
        if (choice < 9_900) {
            return logUniform(4 << 10, 1 << 20);
        }
        return choice < 9_998 || LENGTH_MAX <= 16 << 20
                ? logUniform(1 << 20, Math.min(LENGTH_MAX, 16 << 20))
                : logUniform(16 << 20, LENGTH_MAX);
    }

    private int logUniform(int from, int to) {
        return (int) (from * Math.pow((double) to / from, random.nextDouble()));
    }

    // Keys have from 10 to some 130 bytes.
    private static String key(int number) {
        return "key-" + "0".repeat(number % 121) + (100_000 + number);
    }

    private static long taken(String key, Value value) {
        long length = 24L + key.length() + value.length;
        return length > 4_096 ? (length + 4_095) & -4_096L : length + (length >> 4);
    }

    private static DDictStats.Manager figures(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst();
    }

    /** What a key should hold. */
    private record Value(long seed, int length) {}
}
