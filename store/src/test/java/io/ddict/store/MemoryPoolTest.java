package io.ddict.store;

import static io.ddict.store.PoolDriver.keyOfEqualHash;
import static io.ddict.store.PoolDriver.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPoolTest {
    private static final long MEMORY_LENGTH = 8L << 20;
    private static final int KEYS_MAX = 4000;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    private PoolDriver driver;

    @BeforeEach
    void createPool() throws IOException {
        driver = PoolDriver.create(directory, MEMORY_LENGTH, KEYS_MAX);
    }

    @AfterEach
    void checkAndClose() throws IOException {
        driver.drain();
        driver.check();
        driver.close();
    }

    private void recover() throws IOException {
        driver = driver.recover();
        driver.drain();
        driver.check();
    }

    @Test
    void storesValuesOfEveryLength() {
        for (int length = 0; length <= 4200; length += 7) {
            assertThat(driver.put("key-" + length, value(length, length))).isTrue();
        }
        for (int length : new int[]{4088, 4089, 4096, 4097, 8192, 100_000}) {
            assertThat(driver.put("k" + length, value(length, length))).isTrue();
        }
        assertThat(driver.read("key-7")).isEqualTo(value(7, 7));
        assertThat(driver.read("no-such-key")).isNull();
    }

    @Test
    void storesTheShortestAndTheLongestKeys() {
        driver.put("", value(10, 1));
        driver.put("x", value(0, 0));
        driver.put("y".repeat(4096), value(0, 0));
        driver.put("z".repeat(PoolGeometry.KEY_LENGTH_MAX), value(5000, 3));
        assertThat(driver.read("")).hasSize(10);
        assertThat(driver.read("y".repeat(4096))).isEmpty();
        assertThat(driver.read("z".repeat(PoolGeometry.KEY_LENGTH_MAX))).hasSize(5000);
    }

    @Test
    void keepsTheOrdinalAndTheCreationOfAKeyThatIsOverwritten() {
        driver.put("a", value(10, 1));
        int ordinal = driver.ordinal("a");
        long created = driver.mapped.entries().created(ordinal);
        long version = driver.memoryPool.values().version(ordinal);
        driver.put("a", value(3000, 2));
        driver.put("a", value(9000, 3));
        assertThat(driver.ordinal("a")).isEqualTo(ordinal);
        assertThat(driver.mapped.entries().created(ordinal)).isEqualTo(created);
        assertThat(driver.memoryPool.values().version(ordinal)).isEqualTo(version + 2);
        assertThat(driver.memoryPool.values().length(ordinal)).isEqualTo(9000);
        assertThat(driver.memoryPool.values().tag(ordinal)).isEqualTo(PoolDriver.VALUE_TAG);
        assertThat(driver.mapped.status().counter(PoolCounter.OVERWRITES)).isEqualTo(2);
    }

    @Test
    void showsReadersThatAnOverwrittenRecordMayBeReused() {
        driver.put("a", value(10, 1));
        int ordinal = driver.ordinal("a");
        long generation = driver.mapped.entries().generation(ordinal);
        assertThat(driver.mapped.entries().isUnchanged(ordinal, generation)).isTrue();
        driver.put("a", value(10, 2));
        assertThat(driver.mapped.entries().isUnchanged(ordinal, generation)).isFalse();
        generation = driver.mapped.entries().generation(ordinal);
        driver.remove("a");
        assertThat(driver.mapped.entries().isUnchanged(ordinal, generation)).isFalse();
    }

    @Test
    void removesKeysAndReusesTheirOrdinals() {
        driver.put("a", value(10, 1));
        int ordinal = driver.ordinal("a");
        driver.remove("a");
        driver.remove("a");
        assertThat(driver.read("a")).isNull();
        assertThat(driver.memoryPool.entryCount()).isZero();
        driver.put("b", value(10, 2));
        assertThat(driver.ordinal("b")).isEqualTo(ordinal);
        assertThat(driver.read("a")).isNull();
        assertThat(driver.mapped.status().counter(PoolCounter.REMOVALS)).isEqualTo(1);
        assertThat(driver.mapped.status().counter(PoolCounter.INSERTS)).isEqualTo(2);
    }

    @Test
    void addsToIntegersAndStartsAtZero() {
        driver.add("n", 5);
        driver.add("n", -7);
        driver.add("m", Long.MIN_VALUE);
        assertThat(driver.read("n")).isEqualTo(PoolDriver.bytesOf(-2));
        assertThat(driver.read("m")).isEqualTo(PoolDriver.bytesOf(Long.MIN_VALUE));
    }

    @Test
    void keepsKeysOfEqualBytesAndDifferentTypesApart() {
        MemoryRegion link = linkWithKey("key");
        for (byte tag = 10; tag < 14; tag++) {
            Operation operation = operation(link, tag, "key", 1);
            int ordinal =
                    driver.memoryPool.find(operation.hash(), tag, link, operation.keyOffset(), 3);
            assertThat(ordinal).isZero();
            driver.memoryPool.storeLong(0, operation, tag, 0);
        }
        for (byte tag = 10; tag < 14; tag++) {
            Operation operation = operation(link, tag, "key", 1);
            int ordinal =
                    driver.memoryPool.find(operation.hash(), tag, link, operation.keyOffset(), 3);
            assertThat(driver.memoryPool.values().integer(ordinal))
                    .isEqualTo(tag);
            driver.memoryPool.remove(ordinal, operation.hash(), 0);
        }
    }

    private MemoryRegion linkWithKey(String key) {
        try {
            MemoryRegion link = driver.mapped.createLink(99);
            link.copyFrom(LinkLayout.STAGING_OFFSET + Operation.HEADER_LENGTH,
                    PoolDriver.bytes(key), 0, key.length());
            return link;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Operation operation(MemoryRegion link, byte keyTag, String key, long delta) {
        long hash = new KeyHash(PoolDriver.SEED).of(PoolDriver.bytes(key), 0, key.length(), keyTag);
        Operation operation = new Operation(link).wrap(link, LinkLayout.STAGING_OFFSET);
        operation.writeHeader(Operation.GET_AND_ADD, (byte) 0, keyTag, (byte) 2, key.length(),
                hash);
        operation.writeOperands(0, 0, delta, 0);
        return operation;
    }

    @Test
    void givesBackThePagesOfAGrantThatItsRecordDoesNotFill() throws IOException {
        int free = driver.memoryPool.extents().freePages();
        int page = driver.memoryPool.grantBlock(20);
        MemoryRegion link = linkWithKey("");
        Operation operation = new Operation(link).wrap(link, LinkLayout.STAGING_OFFSET);
        operation.writeHeader(Operation.PUT, (byte) 0, PoolDriver.KEY_TAG, (byte) 0, 0,
                driver.hash(""));
        operation.writeOperands(5000, 0, 0, LinkLayout.grant(page, 20));
        driver.memoryPool.find(driver.hash(""), PoolDriver.KEY_TAG, link, 0, 0);
        assertThat(driver.memoryPool.storeBlock(0, operation, page, 20, 0)).isTrue();
        assertThat(driver.memoryPool.extents().freePages()).isEqualTo(free - 2);
        driver.memoryPool.remove(driver.ordinal(""), driver.hash(""), 1);
        driver.memoryPool.afterBatch(Long.MAX_VALUE);
        assertThat(driver.memoryPool.extents().freePages()).isEqualTo(free);
    }

    @Test
    void freesEverythingWhenAllKeysAreGone() throws IOException {
        int free = driver.memoryPool.extents().freePages();
        for (int i = 0; i < 500; i++) {
            driver.put("key-" + i, value(i * 17, i));
        }
        driver.checkPages();
        for (int i = 0; i < 500; i += 2) {
            driver.remove("key-" + i);
        }
        driver.checkPages();
        driver.clear();
        assertThat(driver.memoryPool.extents().freePages()).isEqualTo(free);
        assertThat(driver.memoryPool.extents().largestFree()).isEqualTo(free);
        assertThat(driver.memoryPool.slabs().freeBytes()).isZero();
    }

    @Test
    void forgetsEveryKeyOnClearAndGoesOn() throws IOException {
        for (int i = 0; i < 1000; i++) {
            driver.put("key-" + i, value(i % 300, i));
        }
        driver.clear();
        driver.check();
        assertThat(driver.read("key-5")).isNull();
        driver.put("key-5", value(7, 7));
        driver.clear();
        driver.clear();
        driver.put("key-6", value(7, 7));
    }

    @Test
    void keepsKeysNewerThanARepeatedClear() throws IOException {
        for (int i = 0; i < 300; i++) {
            driver.put("key-" + i, value(20, i));
        }
        long position = driver.mapped.status().applied();
        driver.remove("the operation that is cleared again");
        for (int i = 0; i < 300; i += 3) {
            driver.put("key-" + i, value(30, i));
        }
        driver.put(keyOfEqualHash(1), value(1, 1));
        driver.put(keyOfEqualHash(2), value(2, 2));
        assertThat(driver.memoryPool.clear(0, position)).isTrue();
        driver.memoryPool.afterBatch(Long.MAX_VALUE);
        driver.model.keySet().removeIf(
                key -> key.startsWith("key-") && Integer.parseInt(key.substring(4)) % 3 != 0);
        assertThat(driver.model).hasSize(102);
        driver.check();
        driver.remove(keyOfEqualHash(1));
        driver.remove(keyOfEqualHash(2));
    }

    @Test
    void keepsKeysOfEqualHashApart() throws IOException {
        assertThat(driver.hash(keyOfEqualHash(1))).isEqualTo(driver.hash(keyOfEqualHash(2)));
        for (int removed = 0; removed < 4; removed++) {
            for (int i = 0; i < 4; i++) {
                driver.put(keyOfEqualHash(i), value(10 + i, i));
            }
            driver.check();
            driver.remove(keyOfEqualHash(removed));
            driver.check();
            driver.put(keyOfEqualHash((removed + 1) % 4), value(99, removed));
            driver.check();
            recover();
            driver.remove(keyOfEqualHash((removed + 2) % 4));
            driver.check();
        }
        assertThat(driver.read(keyOfEqualHash(77))).isNull();
    }

    @Test
    void findsKeysThatHaveNoHint() throws IOException {
        int count = HintTable.SETS_PROBED * HintTable.WAYS + 40;
        for (int i = 0; i < count; i++) {
            driver.put(keyOfEqualHash(i), value(8, i));
        }
        assertThat(PoolVerifier.verify(directory).keysWithoutHint()).isEqualTo(40);
        driver.check();
        for (int i = 0; i < count; i += 3) {
            driver.put(keyOfEqualHash(i), value(20, i));
        }
        driver.check();
        recover();
        for (int i = 0; i < count; i += 2) {
            driver.remove(keyOfEqualHash(i));
        }
        driver.check();
    }

    @Test
    void agreesWithAModelUnderRandomCallsAndRecoveries() throws IOException {
        Random random = TestRandom.random();
        for (int round = 0; round < 12; round++) {
            int keys = 1 + random.nextInt(600);
            if (round % 2 == 1) {
                driver.compactBetweenBatches();
            }
            for (int i = 0; i < 1500; i++) {
                randomCall(random, keys);
            }
            driver.drain();
            driver.check();
            driver.checkPages();
            recover();
            driver.checkPages();
        }
    }

    private void randomCall(Random random, int keys) {
        int number = random.nextInt(keys);
        String key = number % 7 == 0 ? keyOfEqualHash(number) : "key-" + number;
        int dice = random.nextInt(1000);
        if (dice < 3) {
            driver.postClear();
        } else if (dice < 250) {
            driver.postRemove(key);
        } else if (dice < 350) {
            driver.postAdd("number-" + number % 20, random.nextLong());
        } else if (dice < 400) {
            driver.postPut(key, value(4000 + random.nextInt(40_000), number));
        } else {
            driver.postPut(key, value(random.nextInt(random.nextBoolean() ? 100 : 4000), number));
        }
        if (random.nextInt(20) == 0) {
            driver.drain();
        }
    }

    @Test
    void freesAllPagesOfABlockWhoseHeaderAClientWroteOver() throws IOException {
        int free = driver.memoryPool.extents().freePages();
        for (long wildLengths : new long[]{0, 1L << 48 | 10, 1L << 48 | 100_000, -1}) {
            driver.put("a", value(50_000, 1));
            long offset = Handle.offset(driver.mapped.entries().handle(driver.ordinal("a")));
            int ordinal = driver.ordinal("a");
            driver.mapped.data().putLong(offset + 8, wildLengths);
            driver.memoryPool.remove(ordinal, driver.hash("a"),
                    driver.mapped.status().applied() - 1);
            driver.model.remove("a");
            driver.drain();
            driver.memoryPool.afterBatch(Long.MAX_VALUE);
            assertThat(driver.memoryPool.extents().freePages()).isEqualTo(free);
            driver.checkPages();
        }
    }

    @Test
    void joinsFreeSpaceThatLiesInPieces() throws IOException {
        int blocks = 0;
        while (driver.memoryPool.extents().freeAligned() > 6) {
            driver.put("block-" + blocks, value(30_000 + 70 * (blocks % 90), blocks));
            driver.put("small-" + blocks, value(2000, blocks));
            blocks++;
        }
        for (int i = 0; i < blocks; i += 2) {
            driver.remove("block-" + i);
        }
        int free = driver.memoryPool.extents().freePages();
        assertThat(driver.memoryPool.extents().largestFree()).isLessThan(40);
        assertThat(driver.compact()).isPositive();
        assertThat(driver.memoryPool.extents().largestFree()).isGreaterThanOrEqualTo(free / 2);
        assertThat(driver.memoryPool.extents().freePages()).isEqualTo(free);
        driver.checkPages();
    }

    @Test
    void dropsTheCopyOfARecordThatWasReplacedAndCameBackToItsPlace() throws IOException {
        Path own = Files.createDirectory(directory.resolve("large"));
        try (PoolDriver large = PoolDriver.create(own, 64 << 20, 1000)) {
            large.awaitReserved();
            int pages = 9 << 8;
            int[] others = {40, pages + 100, 40, pages + 80, 40, pages, pages + 200};
            int free = large.memoryPool.extents().largestFree();
            for (int i = 0; i < others.length; i++) {
                large.put("block-" + i, value(others[i] * 4096 - 100, i));
                free -= others[i];
            }
            large.put("rest", value(free * 4096 - 100, 7));
            large.remove("block-1");
            large.remove("block-3");
            large.remove("block-6");
            // A copy of 9 MiB takes three steps; the first begins it.
            long place = large.mapped.entries().handle(large.ordinal("block-5"));
            assertThat(large.memoryPool.compact(large.mapped.status().applied())).isTrue();
            large.put("block-5", value(pages * 4096 - 100, 8));
            large.put("block-5", value(pages * 4096 - 100, 9));
            assertThat(large.mapped.entries().handle(large.ordinal("block-5"))).isEqualTo(place);
            large.compact();
            large.check();
            large.checkPages();
        }
    }

    @Test
    void keepsGivenUpSpaceWhileAReaderIsPinned() throws IOException {
        driver.put("a", value(3000, 1));
        driver.put("b", value(20_000, 1));
        long freeBytes = PoolVerifier.verify(directory).freeBytes();
        driver.pin();
        for (int i = 0; i < 50; i++) {
            driver.put("a", value(3000, i));
            driver.put("b", value(20_000, i));
        }
        assertThat(driver.memoryPool.hasDeferredFrees()).isTrue();
        assertThat(driver.memoryPool.extents().freePages() * 4096L)
                .isLessThan(freeBytes - 50 * 20_000);
        assertThat(driver.mapped.status().counter(PoolCounter.FREES_PINNED)).isPositive();
        driver.unpin();
        driver.put("c", value(1, 1));
        assertThat(driver.memoryPool.hasDeferredFrees()).isFalse();
        driver.remove("c");
        driver.checkPages();
    }

    @Test
    void refusesBlocksBelowTheHoldBack() {
        driver.memoryPool.holdBack(1);
        List<int[]> blocks = new ArrayList<>();
        int page;
        while ((page = driver.memoryPool.grantBlock(8)) != MemoryPool.NO_BLOCK) {
            blocks.add(new int[]{page, 8});
        }
        assertThat(driver.memoryPool.extents().freePages() * 4096L)
                .as("what may be posted still fits")
                .isGreaterThan(256 << 10);
        assertThat(driver.memoryPool.hasPagesToSpare(1)).isFalse();
        assertThat(driver.memoryPool.grantBlock(PoolGeometry.PAGE_LENGTH))
                .isEqualTo(MemoryPool.NO_BLOCK);
        blocks.forEach(block -> driver.memoryPool.freeBlock(block[0], block[1]));
        assertThat(driver.memoryPool.grantBlock(8)).isNotEqualTo(MemoryPool.NO_BLOCK);
    }

    @Test
    void setsAndClearsTheFullBitOfNewKeys() {
        int key = 0;
        while ((driver.mapped.status().fullBits() & PoolStatus.FULL_OF_ENTRIES) == 0) {
            driver.put("key-" + key++, value(1, 1));
        }
        assertThat(key).isEqualTo(KEYS_MAX);
        int heldBack = driver.mapped.geometry().entriesHeldBack();
        assertThat(heldBack).isGreaterThan(driver.mapped.geometry().ringSlots());
        for (int i = 0; i < heldBack; i++) {
            driver.put("accepted-" + i, value(1, 1));
        }
        for (int i = 0; i <= heldBack; i++) {
            assertThat(driver.mapped.status().fullBits()).isEqualTo(PoolStatus.FULL_OF_ENTRIES);
            driver.remove("key-" + i);
        }
        assertThat(driver.mapped.status().fullBits()).isZero();
    }

    @Test
    void publishesItsLevels() {
        driver.put("a", value(990, 1));
        driver.put("b", value(50_000, 1));
        driver.memoryPool.publishGauges();
        PoolStatus status = driver.mapped.status();
        long reserved = status.reserved(PoolFile.DATA);
        assertThat(status.counter(PoolCounter.FREE_BYTES) + status.counter(PoolCounter.USED_BYTES))
                .isEqualTo(reserved - PoolGeometry.PAGE_LENGTH);
        assertThat(status.counter(PoolCounter.USED_BYTES))
                .isEqualTo(SizeClasses.length(SizeClasses.ofLength(1022)) + 13 * 4096L);
        assertThat(status.counter(PoolCounter.LARGEST_FREE_BYTES))
                .isEqualTo(driver.memoryPool.extents().largestFree() * 4096L);
        assertThat(status.entryCount()).isEqualTo(2);
        assertThat(Handle.isBlock(driver.mapped.entries().handle(driver.ordinal("b")))).isTrue();
    }

    @Test
    void closesTwice() {
        PoolDriver closed = driver;
        closed.close();
        closed.close();
        try {
            driver = closed.recover();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
