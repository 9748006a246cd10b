package io.ddict.store;

import static io.ddict.store.PoolDriver.value;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.WorkingSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a checkpoint held is copied out whole, whatever happens to the pool meanwhile. */
class SnapshotTest {
    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    static Stream<WorkingSet> workingSets() {
        return Stream.concat(
                IntStream.rangeClosed(1, 3).mapToObj(size -> new WorkingSet(size, false, false)),
                Stream.of(new WorkingSet(2, true, false)));
    }

    @ParameterizedTest
    @MethodSource("workingSets")
    void holdsWhatWasThereWhenItBeganWhileKeysChange(WorkingSet rules) throws IOException {
        Random random = TestRandom.random();
        try (VersionDriver driver = VersionDriver.create(directory, rules, MemoryRegion::new)) {
            long free = driver.pool().freeBytes();
            List<Copy> copies = new ArrayList<>();
            for (int step = 0; step < 20_000; step++) {
                change(driver, random, rules.size());
                if (random.nextInt(200) == 0 && copies.size() < 3) {
                    copies.add(Copy.begin(driver, random));
                }
                if (random.nextInt(10) == 0) {
                    for (Iterator<Copy> each = copies.iterator(); each.hasNext();) {
                        if (each.next().goOn(driver, random)) {
                            each.remove();
                        }
                    }
                }
            }
            copies.forEach(each -> driver.pool().snapshots().end(each.snapshot));
            assertThat(driver.pool().snapshots().hasKept()).isFalse();
            assertThat(driver.pool().snapshots().count()).isZero();
            driver.pool().restart(1, driver.pool().mapped().status().applied());
            driver.pool().afterBatch(Long.MAX_VALUE);
            assertThat(driver.pool().freeBytes()).isEqualTo(free);
            assertThat(driver.pool().entryCount()).isZero();
        }
    }

    @Test
    void goesOnWithAValueThatIsReplacedWhileItIsCopied() throws IOException {
        WorkingSet rules = WorkingSet.SINGLE;
        try (VersionDriver driver = VersionDriver.create(directory, rules, MemoryRegion::new)) {
            driver.post("key", 0, value(2_000, 1));
            driver.drain();
            Copy copy = new Copy(driver, 0);
            copy.copy(driver, 1_024);
            driver.post("key", 0, value(2_000, 2));
            driver.postRemove("key", 0);
            driver.post("key", 0, value(2_000, 3));
            driver.drain();
            while (!copy.isEnded) {
                copy.copy(driver, 1_024);
            }
            assertThat(copy.records()).containsOnlyKeys("key");
            assertThat(copy.records().get("key")).isEqualTo(value(2_000, 1));
        }
    }

    private static void change(VersionDriver driver, Random random, int window) {
        String key = "key" + random.nextInt(60);
        long newest = driver.pool().checkpoints().newest();
        long checkpoint = Math.max(0, newest - random.nextInt(window));
        if (random.nextInt(100) == 0) {
            checkpoint = newest + 1;
        }
        switch (random.nextInt(10)) {
            case 0, 1 -> driver.postRemove(key, checkpoint);
            case 2 -> driver.postPersistent(key, checkpoint, value(random.nextInt(3_000), 7));
            default -> driver.post(key, checkpoint, value(random.nextInt(900), random.nextInt()));
        }
        driver.drain();
    }

    /** A snapshot, what was copied of it, and what it must hold. */
    private static final class Copy {
        private final Snapshot snapshot;
        private final Map<String, byte[]> expected;
        private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
        private boolean isEnded;

        Copy(VersionDriver driver, long checkpoint) {
            this.snapshot =
                    driver.pool().snapshots().begin(
                            checkpoint, driver.pool().mapped().status().applied());
            this.expected = driver.modelAt(checkpoint);
        }

        static Copy begin(VersionDriver driver, Random random) {
            HeldCheckpoints held = driver.pool().checkpoints();
            long range = held.newest() - held.oldest() + 2;
            return new Copy(driver, held.oldest() + random.nextLong(range));
        }

        boolean goOn(VersionDriver driver, Random random) {
            copy(driver, 1_024 + random.nextInt(3_000));
            if (isEnded) {
                assertThat(records().keySet()).isEqualTo(expected.keySet());
                records().forEach((key, value) -> assertThat(value).isEqualTo(expected.get(key)));
                assertThat(snapshot.records()).isEqualTo(expected.size());
            }
            return isEnded;
        }

        void copy(VersionDriver driver, int length) {
            MemorySegment target = MemorySegment.ofArray(new byte[length]);
            long copied = snapshot.copy(target);
            stream.write((byte[]) target.heapBase().orElseThrow(), 0, (int) copied);
            if (copied == 0) {
                isEnded = true;
                driver.pool().snapshots().end(snapshot);
            }
            driver.pool().afterBatch(Long.MAX_VALUE);
        }

        Map<String, byte[]> records() {
            Map<String, byte[]> records = new TreeMap<>();
            MemorySegment bytes = MemorySegment.ofArray(stream.toByteArray());
            long at = 0;
            while (at < bytes.byteSize()) {
                long valueLength = bytes.get(Snapshot.VALUE_LENGTH, at);
                int keyLength = bytes.get(Snapshot.KEY_LENGTH, at + 8);
                long keyAt = at + Snapshot.HEADER_LENGTH;
                at = keyAt + keyLength + valueLength;
                String key = new String(array(bytes, keyAt, keyLength), ISO_8859_1);
                byte[] value = array(bytes, keyAt + keyLength, valueLength);
                assertThat(records.put(key, value)).as("once: %s", key).isNull();
            }
            return records;
        }

        private static byte[] array(MemorySegment bytes, long at, long length) {
            return bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
