package io.ddict.store;

import static io.ddict.store.PoolDriver.keyOfEqualHash;
import static io.ddict.store.PoolDriver.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.store.CrashingRegions.Crash;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MemoryPoolRecoveryTest {
    private static final long MEMORY_LENGTH = 4L << 20;
    private static final int KEYS_MAX = 1000;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    private PoolDriver create() throws IOException {
        return PoolDriver.create(directory, MEMORY_LENGTH, KEYS_MAX);
    }

    @Test
    void appliesWhatWasPostedBeforeTheOwnerEnded() throws IOException {
        PoolDriver driver = create();
        driver.put("a", value(10, 1));
        driver.put("b", value(20_000, 1));
        driver.postPut("a", value(15_000, 2));
        driver.postPut("c", value(30_000, 3));
        driver.postAdd("n", 7);
        driver.postRemove("b");
        try (PoolDriver recovered = driver.recover()) {
            assertThat(recovered.read("c")).isNull();
            recovered.drain();
            recovered.check();
            recovered.checkPages();
            assertThat(recovered.read("c")).isEqualTo(value(30_000, 3));
        }
    }

    @Test
    void recoversAnEmptyPool() throws IOException {
        try (PoolDriver recovered = create().recover()) {
            recovered.check();
            recovered.put("a", value(1, 1));
            recovered.check();
        }
    }

    @Test
    void reusesTheOrdinalsThatWereFree() throws IOException {
        PoolDriver driver = create();
        for (int i = 0; i < 100; i++) {
            driver.put("key-" + i, value(10, i));
        }
        for (int i = 0; i < 100; i += 2) {
            driver.remove("key-" + i);
        }
        try (PoolDriver recovered = driver.recover()) {
            for (int i = 0; i < 50; i++) {
                recovered.put("new-" + i, value(10, i));
            }
            assertThat(recovered.mapped.status().ordinalEnd()).isEqualTo(101);
            recovered.check();
        }
    }

    @Test
    void tellsTheEntryCountBeforeAnythingIsApplied() throws IOException {
        CrashingRegions regions = new CrashingRegions();
        PoolDriver driver = PoolDriver.create(directory, MEMORY_LENGTH, KEYS_MAX, regions);
        driver.put("a", value(10, 1));
        driver.put("b", value(10, 1));
        driver.postPut("c", value(10, 1));
        // Key, value, three words of header, ordinal end and the entry's two words: committed.
        crash(driver, regions, 8);
        assertThat(driver.mapped.status().entryCount()).isEqualTo(2);
        try (PoolDriver recovered = driver.recover()) {
            assertThat(recovered.memoryPool.entryCount()).isEqualTo(3);
            assertThat(recovered.mapped.status().entryCount()).isEqualTo(3);
        }
    }

    private static void crash(PoolDriver driver, CrashingRegions regions, long stores) {
        regions.crashAfter(stores);
        assertThatThrownBy(driver::drain).isInstanceOf(Crash.class);
        regions.crashAfter(Long.MAX_VALUE);
    }

    @Test
    void acceptsPutsAgainThoughItsPredecessorWasFull() throws IOException {
        PoolDriver driver = create();
        // As one leaves it that ends between making room and saying so.
        driver.mapped.status().publishFullBits(PoolStatus.FULL_OF_ENTRIES | 7);
        try (PoolDriver recovered = driver.recover()) {
            recovered.memoryPool.holdBack(0);
            assertThat(recovered.mapped.status().fullBits()).isZero();
        }
    }

    @Test
    void showsReadersFromBeforeTheCrashThatRecordsMayBeReused() throws IOException {
        CrashingRegions regions = new CrashingRegions();
        PoolDriver driver = PoolDriver.create(directory, MEMORY_LENGTH, KEYS_MAX, regions);
        driver.put("a", value(10, 1));
        int ordinal = driver.ordinal("a");
        try (MappedPool reader = MappedPool.openAsClient(directory)) {
            long generation = reader.entries().generation(ordinal);
            long handle = reader.entries().handle(ordinal);
            driver.postPut("a", value(10, 2));
            long stores = 0;
            while (reader.entries().handle(ordinal) == handle) {
                crash(driver, regions, ++stores);
                driver = driver.recover(regions);
            }
            // The entry had moved on, but not its generation: the old record is free from now on.
            assertThat(reader.entries().isUnchanged(ordinal, generation)).isFalse();
            driver.drain();
            driver.check();
        }
        driver.close();
    }

    @Test
    @Timeout(300)
    void endsWithEveryAcceptedOperationWhereverTheOwnerIsKilled() throws IOException {
        Random random = TestRandom.random();
        long workSeed = random.nextLong();
        int kills = killAtStores(
                driver -> {
                    prepare(driver);
                    postALot(driver, new Random(workSeed));
                },
                () -> 1 + random.nextInt(7));
        assertThat(kills).isGreaterThan(50);
    }

    @Test
    @Timeout(300)
    void losesNothingWhereverTheOwnerIsKilledWhileItMovesRecords() throws IOException {
        Random random = TestRandom.random();
        long workSeed = random.nextLong();
        int kills = killAtStores(
                driver -> {
                    breakUp(driver, new Random(workSeed));
                    driver.compactBetweenBatches();
                    driver.postPut("last", value(10, 1));
                },
                () -> 1 + random.nextInt(5));
        assertThat(kills).isGreaterThan(10);
    }

    @Test
    void finishesTheSlideOfARecordWhereverItsOwnerIsKilled() throws IOException {
        int kills = killAtStores(
                driver -> {
                    driver.put("small", value(10, 1));
                    int free = driver.memoryPool.extents().largestFree();
                    int[] pages = {free - 218, 9, 60, 9, 60, 10, 70};
                    for (int i = 0; i < pages.length; i++) {
                        driver.put("block-" + i, value(pages[i] * 4096 - 100, i));
                    }
                    // Three holes, and no block that fits into one: the first slides over itself.
                    driver.remove("block-1");
                    driver.remove("block-3");
                    driver.remove("block-5");
                    assertThat(driver.memoryPool.extents().largestFree()).isEqualTo(10);
                    driver.compactBetweenBatches();
                    driver.postPut("small", value(10, 2));
                },
                () -> 1);
        assertThat(kills).isGreaterThan(20);
    }

    // Blocks of many lengths, every third of them gone.
    private static void breakUp(PoolDriver driver, Random random) {
        int blocks = 0;
        while (driver.memoryPool.extents().freeAligned() > 9) {
            driver.put("block-" + blocks, value(5000 + random.nextInt(80_000), blocks));
            driver.put("small-" + blocks, value(random.nextInt(4000), blocks));
            blocks++;
        }
        for (int i = 0; i < blocks; i++) {
            if (random.nextInt(3) == 0) {
                driver.remove("block-" + i);
            }
            if (random.nextInt(2) == 0) {
                driver.remove("small-" + i);
            }
        }
    }

    @Test
    void bringsNoKeyBackThatAConditionalRemovalEnded() throws IOException {
        killAtStores(
                driver -> {
                    driver.put("a", value(10, 1));
                    long version = driver.version("a");
                    driver.postPutIfAbsent("a", value(20, 2));
                    driver.postRemoveIfVersion("a", version);
                    driver.postPut("b", value(10, 1));
                },
                () -> 1);
    }

    @Test
    void putsNothingElseIntoTheBlockOfAnUnappliedOperation() throws IOException {
        killAtStores(
                driver -> {
                    driver.put("a", value(10, 1));
                    fillUpTo(driver, 40);
                    // Refused, so that its block goes back; the next block keeps it from joining the
                    // rest, and it is the tightest place for the slab that comes then.
                    driver.postPutIfAbsent("a", value(8 * 4096 - 200, 2));
                    driver.postPut("b", value(20_000, 3));
                    driver.postPut("small", value(4000, 4));
                },
                () -> 1);
    }

    // Leaves so few pages free that a block given back is the next slab.
    private static void fillUpTo(PoolDriver driver, int freePages) {
        int pages = driver.memoryPool.extents().largestFree() - freePages;
        assertThat(driver.put("filler", value(pages * 4096 - 100, 1))).isTrue();
    }

    /** Kills an owner that applies what was posted, at one store after another; returns how often. */
    private int killAtStores(Consumer<PoolDriver> work, IntSupplier step) throws IOException {
        for (int stores = 0, kills = 0;; stores += step.getAsInt(), kills++) {
            Path own = Files.createDirectory(directory.resolve("after-" + stores));
            CrashingRegions regions = new CrashingRegions();
            PoolDriver driver = PoolDriver.create(own, MEMORY_LENGTH, 300, regions);
            work.accept(driver);
            regions.crashAfter(stores);
            boolean killed = false;
            try {
                driver.drain();
            } catch (Crash e) {
                killed = true;
            }
            regions.crashAfter(Long.MAX_VALUE);
            try (PoolDriver recovered = driver.recover()) {
                checkAsRecovered(own);
                recovered.drain();
                recovered.check();
                recovered.checkPages();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("killed after store " + stores, e);
            }
            deleteAll(own);
            if (!killed) {
                return kills;
            }
        }
    }

    private static void prepare(PoolDriver driver) {
        for (int i = 0; i < 12; i++) {
            driver.put("key-" + i, value(40 * i, i));
            driver.put(keyOfEqualHash(i), value(10_000 * (i % 2), i));
        }
    }

    // Less than the ring and the staging ring hold: nothing is applied while it is posted.
    private static void postALot(PoolDriver driver, Random random) {
        for (int i = 0; i < 60; i++) {
            int number = random.nextInt(16);
            String key = number % 2 == 0 ? keyOfEqualHash(number) : "key-" + number;
            int dice = random.nextInt(100);
            if (dice < 3) {
                driver.postClear();
            } else if (dice < 15) {
                driver.postRemove(key);
            } else if (dice < 20) {
                driver.postRemoveIfVersion(key, random.nextInt(4) == 0 ? 1 : driver.version(key));
            } else if (dice < 26) {
                driver.postPutIfAbsent(key, value(random.nextInt(9000), i));
            } else if (dice < 40) {
                driver.postAdd("number-" + number % 3, i);
            } else if (dice < 60) {
                assertThat(driver.postPut(key, value(4100 + random.nextInt(9000), i))).isTrue();
            } else {
                driver.postPut(key, value(random.nextInt(900), i));
            }
        }
    }

    // Before the rest is applied, records may be newer than the applied position says.
    private static void checkAsRecovered(Path directory) throws IOException {
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.violations())
                .allMatch(violation -> violation
                        .startsWith("version is not that of an applied operation"));
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    private void assertRefused(Consumer<PoolDriver> damage, String text) throws IOException {
        PoolDriver driver = create();
        driver.put("a", value(100, 1));
        driver.put("b", value(100, 1));
        driver.put("c", value(9000, 1));
        driver.put("d", value(9000, 1));
        damage.accept(driver);
        driver.close();
        assertThatThrownBy(() -> PoolRecovery.recover(directory))
                .isInstanceOf(PoolDamagedException.class)
                .hasMessageContaining(text)
                .hasMessageContaining("ordinal=" + 1);
        assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .as("nothing stays mapped")
                .noneMatch(line -> line.contains(directory.toString()));
    }

    private static void rehandle(PoolDriver driver, long handle) {
        driver.mapped.entries().publishChange(1, handle);
    }

    private static long handle(PoolDriver driver, int ordinal) {
        return driver.mapped.entries().handle(ordinal);
    }

    @Test
    void refusesARecordThatIsNotIntact() throws IOException {
        assertRefused(
                driver -> driver.mapped.data().putLong(Handle.offset(handle(driver, 1)) + 8, 77),
                "record of an entry is not intact");
    }

    @Test
    void refusesARecordOfAnotherEntry() throws IOException {
        assertRefused(driver -> rehandle(driver, handle(driver, 2)),
                "record of an entry is not intact");
    }

    @Test
    void refusesAHandleOutsideTheData() throws IOException {
        List<Long> handles = List.of(1L << 50, Handle.small(1L << 50, 3), 4L << 20, 8L);
        for (long handle : handles) {
            assertRefused(driver -> rehandle(driver, handle),
                    "handle of an entry is outside the data");
            deleteFiles();
        }
    }

    @Test
    void refusesAHandleThatIsNotAligned() throws IOException {
        assertRefused(
                driver -> rehandle(driver, handle(driver, 1) + 3),
                "handle of an entry is outside the data");
    }

    private void deleteFiles() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void refusesARecordWhoseSpaceAnotherEntryHas() throws IOException {
        // Ordinals 3 and 4 have blocks of three pages; a copy of record 1 into one of them clashes.
        assertRefused(
                driver -> {
                    long inside = Handle.offset(handle(driver, 4)) + 4096;
                    MemoryRegion data = driver.mapped.data();
                    data.copyFrom(
                            inside, data.readOnlySegment(), Handle.offset(handle(driver, 1)), 200);
                    rehandle(driver, inside);
                },
                "space of an entry is taken");
    }

    @Test
    void ignoresPostedOperationsThatMakeNoSense() throws IOException {
        PoolDriver driver = create();
        driver.put("a", value(100, 1));
        driver.put("c", value(9000, 1));
        int taken = Handle.page(handle(driver, 2));
        int free = driver.memoryPool.extents().freePages();
        MemoryRegion link = driver.mapped.openLink(3);
        long[][] wild = {
            // page, pages granted, key length, value length
            {0, 3, 1, 9000},
            {-5, 3, 1, 9000},
            {Integer.MAX_VALUE, 3, 1, 9000},
            {taken, 3, 1, 9000},
            {taken - 1, 3, 1, 9000},
            {taken + 1, 1, 1, 3000},
            {1, 100_000, 1, 9000},
            {1, 1, 1, 1L << 47},
            {1, 1, -1, 10},
            {1, 1, 1, -10_000},
            {1, 1, 1, Long.MIN_VALUE},
        };
        long offset = LinkLayout.STAGING_OFFSET + (60 << 10);
        for (long[] posted : wild) {
            Operation operation = new Operation(link).wrap(link, offset);
            operation.writeHeader(Operation.PUT, (byte) 0, (byte) 0, (byte) 0, (int) posted[2], 0);
            operation.writeOperands(posted[3], 0, 0,
                    LinkLayout.grant((int) posted[0], (int) posted[1]));
            int index = (int) ((offset - LinkLayout.STAGING_OFFSET) / PostingRing.STAGING_UNIT);
            driver.mapped.ring().tryPublish(3, index, 1, 0);
            offset += PostingRing.STAGING_UNIT;
        }
        driver.mapped.ring().tryPublish(3, (1 << 18) - 1, 1, 0);
        driver.mapped.ring().tryPublish(4000, 0, 1, 0);
        driver.close();
        try (MemoryPool recovered = PoolRecovery.recover(directory)) {
            assertThat(recovered.entryCount()).isEqualTo(2);
            assertThat(recovered.extents().freePages()).isEqualTo(free);
        }
    }
}
