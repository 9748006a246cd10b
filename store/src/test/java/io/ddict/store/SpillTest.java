package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large values move to a disk when memory runs short, and nobody sees a difference. */
class SpillTest {
    private static final int MEMORY = 8 << 20;
    private static final int SPILL = 64 << 20;
    private static final int LARGE = 100_000;

    @TempDir
    Path disk;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    private PoolDriver create(long spillLength, Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        PoolDriver driver = PoolDriver.createSpilling(
                directory, disk.resolve("values"), MEMORY, spillLength, regions);
        driver.awaitReserved();
        driver.memoryPool.holdBack(1);
        return driver;
    }

    private PoolDriver create() throws IOException {
        return create(SPILL, MemoryRegion::new);
    }

    private static long counter(PoolDriver driver, PoolCounter counter) {
        return driver.mapped.status().counter(counter);
    }

    private static long spilledCount(PoolDriver driver) {
        return driver.model.keySet().stream().filter(driver::isSpilled).count();
    }

    private static Spill spill(PoolDriver driver) {
        return Objects.requireNonNull(driver.memoryPool.spill());
    }

    private static long bytesOnDisk(PoolDriver driver) {
        spill(driver).keepHouse();
        return counter(driver, PoolCounter.SPILLED_BYTES);
    }

    private static void fill(PoolDriver driver, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(driver.put("key" + i, PoolDriver.value(LARGE + i, i))).isTrue();
        }
    }

    @Test
    void holdsMoreThanItsMemory() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 400);
            driver.check();
            assertThat(spilledCount(driver))
                    .isBetween(320L, 399L)
                    .isEqualTo(counter(driver, PoolCounter.VALUES_SPILLED));
            assertThat(bytesOnDisk(driver)).isGreaterThan(32_000_000);
        }
    }

    @Test
    void movesNothingWhileThereIsRoom() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 40);
            driver.check();
            assertThat(spilledCount(driver)).isZero();
        }
    }

    @Test
    void keepsSmallValuesInMemory() throws IOException {
        try (PoolDriver driver = create()) {
            for (int i = 0; i < 400; i++) {
                driver.put("small" + i, PoolDriver.value(3_000, i));
            }
            fill(driver, 100);
            driver.check();
            for (int i = 0; i < 400; i++) {
                assertThat(driver.isSpilled("small" + i)).isFalse();
            }
        }
    }

    @Test
    void movesFirstWhatIsNotRead() throws IOException {
        try (PoolDriver driver = create()) {
            for (int i = 0; i < 300; i++) {
                driver.put("key" + i, PoolDriver.value(LARGE, i));
                for (int hot = 0; hot < Math.min(i, 10); hot++) {
                    driver.warm("key" + hot);
                }
            }
            driver.check();
            for (int hot = 0; hot < 10; hot++) {
                assertThat(driver.isSpilled("key" + hot)).as("key%s", hot).isFalse();
            }
            assertThat(driver.isSpilled("key10")).isTrue();
        }
    }

    @Test
    void takesBackWhatIsReadOnceThereIsRoom() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 200);
            long spilledBefore = bytesOnDisk(driver);
            List<String> read = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                if (driver.isSpilled("key" + i) && read.size() < 10) {
                    read.add("key" + i);
                } else if (!driver.isSpilled("key" + i)) {
                    driver.remove("key" + i);
                }
            }
            read.forEach(driver::warm);
            spill(driver).keepHouse();
            assertThat(spill(driver).isCopying()).isTrue();
            driver.spill();
            driver.check();
            read.forEach(key -> assertThat(driver.isSpilled(key)).as(key).isFalse());
            assertThat(counter(driver, PoolCounter.VALUES_UNSPILLED)).isEqualTo(10);
            assertThat(bytesOnDisk(driver)).isLessThan(spilledBefore - 900_000);
            driver.checkPages();
        }
    }

    @Test
    void goesOnAfterALongTimeWithRoom() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 200);
            for (int i = 0; i < 200; i++) {
                if (!driver.isSpilled("key" + i)) {
                    driver.remove("key" + i);
                }
            }
            for (int i = 0; i < 100; i++) {
                spill(driver).keepHouse();
            }
            for (int i = 0; i < 1_000; i++) {
                assertThat(driver.put("small" + i, PoolDriver.value(4_000, i))).isTrue();
            }
            fill(driver, 200);
            driver.check();
            assertThat(spill(driver).makesRoom()).isFalse();
        }
    }

    @Test
    void movesWhatIsReadAllTheTimeIfThereIsNothingElse() throws IOException {
        try (PoolDriver driver = create()) {
            for (int i = 0; i < 300; i++) {
                assertThat(driver.put("key" + i, PoolDriver.value(LARGE, i))).isTrue();
                driver.model.keySet().forEach(driver::warm);
            }
            driver.check();
        }
    }

    @Test
    void movesMoreValuesThanSmallRecordsFitIntoWhatIsKept() throws IOException {
        try (PoolDriver driver = create()) {
            String suffix = "k".repeat(900);
            for (int i = 0; i < 2_000; i++) {
                assertThat(driver.put(i + suffix, PoolDriver.value(5_000, i))).isTrue();
            }
            driver.check();
            assertThat(counter(driver, PoolCounter.SPILLS_FAILED)).isZero();
        }
    }

    @Test
    void movesValuesThoughWhatWasAcceptedTookItsPartOfAFullPool() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 30);
            while (driver.memoryPool.grantBlock(2) != MemoryPool.NO_BLOCK) {
                // As clients that write large values faster than the disk takes them.
            }
            // As much as a link may have in the smallest of staging rings.
            for (int i = 0; i < 32; i++) {
                driver.memoryPool.slabs().allocate(SizeClasses.ofLength(4_032));
            }
            driver.put("last", new byte[1]);
            assertThat(spilledCount(driver)).isPositive();
            driver.check();
        }
    }

    @Test
    void tellsClientsThatMemoryComesWhileReadersKeepIt() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 60);
            assertThat(driver.mapped.status().isRoomSure(true)).isFalse();
            driver.pin();
            fill(driver, 1);
            assertThat(driver.mapped.status().isRoomSure(true)).isTrue();
            assertThat(driver.mapped.status().isRoomSure(false)).isFalse();
            driver.unpin();
            fill(driver, 1);
            assertThat(driver.mapped.status().isRoomSure(true)).isFalse();
            driver.check();
        }
    }

    @Test
    void refusesMoreThanMemoryAndDiskAndGoesOnWhenSomethingIsRemoved() throws IOException {
        try (PoolDriver driver = create(2 << 20, MemoryRegion::new)) {
            int count = 0;
            while (driver.put("key" + count, PoolDriver.value(LARGE, count))) {
                count++;
            }
            assertThat(count).isBetween(65, 105);
            driver.check();
            assertThat(spill(driver).makesRoom()).isFalse();
            for (int i = 0; i < count; i++) {
                driver.remove("key" + i);
                assertThat(driver.put("next" + i, PoolDriver.value(LARGE, i))).isTrue();
            }
            driver.check();
            driver.clear();
            assertThat(bytesOnDisk(driver)).isZero();
            driver.checkPages();
        }
    }

    @Test
    void makesRoomForAValueThatIsHalfOfTheMemory() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 100);
            assertThat(driver.put("huge", PoolDriver.value(MEMORY / 2, 1))).isTrue();
            assertThat(driver.put("huge", PoolDriver.value(MEMORY / 2, 2))).isTrue();
            assertThat(driver.put("another", PoolDriver.value(MEMORY / 2, 3))).isTrue();
            driver.check();
        }
    }

    @Test
    void keepsWhatIsReadOnTheDiskUntilItsReaderIsDone() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 150);
            long used = bytesOnDisk(driver);
            driver.pin();
            for (int i = 0; i < 50; i++) {
                driver.remove("key" + i);
            }
            assertThat(bytesOnDisk(driver)).isEqualTo(used);
            driver.unpin();
            driver.remove("key50");
            assertThat(bytesOnDisk(driver)).isLessThan(used - 4_000_000);
            driver.check();
        }
    }

    @Test
    void failsToWriteAndIsFullUntilItCanAgain() throws IOException {
        try (PoolDriver driver = create()) {
            Path file = disk.resolve("values");
            Files.move(file, disk.resolve("away"));
            int count = 0;
            while (driver.put("key" + count, PoolDriver.value(LARGE, count))) {
                count++;
            }
            assertThat(counter(driver, PoolCounter.SPILLS_FAILED)).isPositive();
            assertThat(spilledCount(driver)).isZero();
            Files.move(disk.resolve("away"), file);
            while (!driver.put("key" + count, PoolDriver.value(LARGE, count))) {
                spill(driver).keepHouse();
            }
            assertThat(spilledCount(driver)).isPositive();
            driver.check();
        }
    }

    @Test
    void countsForItsWriterWhatIsOnTheDisk() throws IOException {
        try (PoolDriver driver = create()) {
            LinkShares shares = Objects.requireNonNull(driver.memoryPool.shares());
            shares.open(3, driver.mapped.openLink(3));
            shares.writtenBy(3);
            fill(driver, 200);
            long used = shares.used(3);
            assertThat(used).isBetween(200L * LARGE, 200L * (LARGE + 8_192));
            for (int i = 0; i < 200; i++) {
                driver.remove("key" + i);
            }
            assertThat(shares.used(3)).isZero();
        }
    }

    @Test
    void showsTheVerifierTwoValuesInOnePlaceAndOneOutside() throws IOException {
        try (PoolDriver driver = create()) {
            fill(driver, 200);
            List<String> spilled =
                    driver.model.keySet().stream().filter(driver::isSpilled).limit(2).toList();
            long place = driver.spilledOffset(spilled.get(0));
            driver.mapped.data().putLong(driver.placeOfSpilled(spilled.get(1)), place);
            assertThat(PoolVerifier.verify(directory).text())
                    .contains("space of two entries overlaps");
            driver.mapped.data().putLong(driver.placeOfSpilled(spilled.get(1)), 1L << 30);
            assertThat(PoolVerifier.verify(directory).text()).contains("handle names no block");
        }
    }

    @RepeatedTest(6)
    void agreesWithAMapWhateverIsDoneAndWhoeverTakesOver() throws IOException {
        Random random = TestRandom.random();
        PoolDriver driver = create();
        try {
            driver.compactBetweenBatches();
            for (int i = 0; i < 3_000; i++) {
                step(driver, random);
                if (random.nextInt(600) == 0) {
                    driver.unpin();
                    driver.drain();
                    driver.check();
                    driver.checkPages();
                    driver = driver.recover();
                    driver.awaitReserved();
                    driver.memoryPool.holdBack(1);
                    driver.compactBetweenBatches();
                }
            }
            driver.unpin();
            driver.drain();
            driver.check();
            assertThat(counter(driver, PoolCounter.VALUES_SPILLED)).isPositive();
            driver.clear();
            assertThat(bytesOnDisk(driver)).isZero();
            driver.checkPages();
        } finally {
            driver.close();
        }
    }

    private static void step(PoolDriver driver, Random random) {
        String key = "key" + random.nextInt(300);
        switch (random.nextInt(12)) {
            case 0 -> driver.postRemove(key);
            case 1 ->
                    driver.postPut(key, PoolDriver.value(random.nextInt(5_000), random.nextInt()));
            case 2 -> driver.drain();
            case 3 -> driver.pin();
            case 4 -> driver.unpin();
            case 5 -> {
                if (driver.model.containsKey(key)) {
                    driver.drain();
                    driver.warm(key);
                }
            }
            case 6 -> spill(driver).keepHouse();
            default -> driver.postPut(
                    key, PoolDriver.value(random.nextInt(200_000), random.nextInt()));
        }
    }

    @Test
    void isWholeWhereverItsOwnerEnds() throws IOException {
        CrashingRegions regions = new CrashingRegions();
        PoolDriver driver = create(SPILL, regions);
        Random random = TestRandom.random();
        int crashes = 0;
        try {
            for (int i = 0; i < 1_500; i++) {
                String key = "key" + random.nextInt(200);
                if (random.nextInt(5) == 0) {
                    driver.postRemove(key);
                } else {
                    driver.postPut(
                            key, PoolDriver.value(random.nextInt(150_000), random.nextInt()));
                }
                regions.crashAfter(random.nextInt(200));
                try {
                    driver.drain();
                    regions.crashAfter(Long.MAX_VALUE);
                } catch (CrashingRegions.Crash e) {
                    crashes++;
                    regions.crashAfter(Long.MAX_VALUE);
                    driver = driver.recover(regions);
                    driver.awaitReserved();
                    driver.memoryPool.holdBack(1);
                    driver.drain();
                    driver.check();
                }
            }
            regions.crashAfter(Long.MAX_VALUE);
            driver.drain();
            driver.check();
            assertThat(crashes).isGreaterThan(20);
        } finally {
            driver.close();
        }
    }
}
