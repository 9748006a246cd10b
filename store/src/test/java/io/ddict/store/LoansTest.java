package io.ddict.store;

import static io.ddict.store.PoolDriver.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.CrashingRegions.Crash;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pools of one node refer to one copy of a value. */
class LoansTest {
    private static final int POOLS = 3;
    private static final int LENDER = 1;
    private static final int LENGTH = 50_000;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    private final CrashingRegions regions = new CrashingRegions();
    private List<PoolDriver> pools = new ArrayList<>();
    private long free;

    @BeforeEach
    void create() throws IOException {
        pools = PoolDriver.createGroup(directory, POOLS, 16 << 20, regions);
        pools.forEach(PoolDriver::awaitReserved);
        free = lender().memoryPool.freeBytes();
    }

    @AfterEach
    void close() {
        pools.forEach(PoolDriver::close);
    }

    private PoolDriver lender() {
        return pools.get(LENDER);
    }

    /** Puts a value at one pool, and lets all others refer to it; whether there was room. */
    private boolean broadcast(int first, String key, byte[] value) {
        PoolDriver lender = pools.get(first);
        if (!lender.put(key, value)) {
            return false;
        }
        int page = lender.lend(key);
        assertThat(page).isNotEqualTo(MemoryPool.NO_BLOCK);
        for (PoolDriver each : pools) {
            assertThat(each == lender
                    || each.borrow(key, first, page, lender.version(key), value)).isTrue();
        }
        lender.endLend(lender.version(key));
        return true;
    }

    private void release() {
        // What a borrower's pool gives back is the lender's to free.
        pools.forEach(PoolDriver::release);
        pools.forEach(PoolDriver::release);
    }

    private void check() throws IOException {
        for (PoolDriver each : pools) {
            each.check();
        }
    }

    @Test
    void holdsOneCopyThatAllRead() throws IOException {
        broadcast(LENDER, "key", value(LENGTH, 1));

        check();
        assertThat(pools.get(0).isBorrowed("key")).isTrue();
        assertThat(lender().isBorrowed("key")).isFalse();
        assertThat(free - lender().memoryPool.freeBytes()).isBetween(50_000L, 60_000L);
    }

    @Test
    void keepsABlockUntilTheLastOfAllHasGivenItUp() throws IOException {
        broadcast(LENDER, "key", value(LENGTH, 1));
        lender().pin();
        lender().put("key", value(100, 2));
        release();
        check();
        assertThat(lender().memoryPool.freeBytes()).isLessThan(free - LENGTH);

        pools.get(0).remove("key");
        pools.get(2).pin();
        pools.get(2).remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes())
                .as("a reader is pinned to the last").isLessThan(free - LENGTH);

        pools.get(2).unpin();
        release();
        assertThat(lender().memoryPool.freeBytes())
                .as("a reader is pinned at the lender").isLessThan(free - LENGTH);

        lender().unpin();
        lender().remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
        check();
    }

    @Test
    void lendsNothingThatHasChanged() throws IOException {
        lender().put("key", value(LENGTH, 1));
        long version = lender().version("key");
        int page = lender().lend("key");
        PoolDriver other = pools.get(0);
        assertThat(other.borrow("key", LENDER, page, version + 1, value(LENGTH, 1))).isFalse();
        assertThat(other.borrow("another", LENDER, page, version, value(LENGTH, 1))).isFalse();
        assertThat(other.borrow("kez", LENDER, page, version, value(LENGTH, 1))).isFalse();
        assertThat(other.borrow("key", LENDER, page + 1, version, value(LENGTH, 1))).isFalse();
        assertThat(other.borrow("key", POOLS, page, version, value(LENGTH, 1))).isFalse();
        assertThat(other.borrow("key", -1, page, version, value(LENGTH, 1))).isFalse();

        lender().put("key", value(LENGTH, 2));
        release();
        assertThat(other.borrow("key", LENDER, page, version, value(LENGTH, 1)))
                .as("held for who asked").isTrue();
        other.remove("key");
        lender().endLend(version);
        release();
        assertThat(other.borrow("key", LENDER, page, version, value(LENGTH, 1))).isFalse();
        assertThat(lender().memoryPool.loans().lend(lender().ordinal("key"), version, 3))
                .isEqualTo(MemoryPool.NO_BLOCK);
        lender().put("small", value(10, 1));
        assertThat(lender().lend("small")).isEqualTo(MemoryPool.NO_BLOCK);
        release();
        check();
    }

    @Test
    void lendsNothingUnderKeysThatNeedABlockThemselves() {
        String key = "k".repeat(4_100);
        lender().put(key, value(LENGTH, 1));
        assertThat(lender().lend(key)).isEqualTo(MemoryPool.NO_BLOCK);
    }

    @Test
    void freesABlockThoughReadersComeAllTheTime() {
        broadcast(LENDER, "key", value(LENGTH, 1));
        pools.forEach(each -> each.remove("key"));
        // One who comes now cannot find it.
        lender().pin();
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
    }

    @Test
    void saysForAWhileThatMemoryComesBack() {
        broadcast(LENDER, "key", value(LENGTH, 1));
        assertThat(lender().mapped.status().comesFromOthers()).isFalse();
        lender().remove("key");
        assertThat(lender().mapped.status().comesFromOthers()).isTrue();
        while (lender().mapped.status().comesFromOthers()) {
            lender().memoryPool.coming().look();
        }
        assertThat(lender().memoryPool.freeBytes()).isLessThan(free - LENGTH);
    }

    @Test
    void movesNoBlockThatIsLent() throws IOException {
        for (int i = 0; i < 60; i++) {
            lender().put("filler" + i, value(LENGTH, i));
        }
        broadcast(LENDER, "key", value(LENGTH, 1));
        int count = 60;
        while (lender().put("filler" + count, value(LENGTH, count))) {
            count++;
        }
        for (int i = 0; i < count; i += 2) {
            lender().remove("filler" + i);
        }
        assertThat(lender().compact()).isPositive();
        check();
        lender().remove("key");
        lender().compact();
        check();
    }

    @Test
    void copiesLentValuesOutOfASnapshot() {
        broadcast(LENDER, "key", value(LENGTH, 1));
        PoolDriver borrower = pools.get(0);
        Snapshots snapshots = borrower.memoryPool.snapshots();
        Snapshot whole = snapshots.begin(0, borrower.mapped.status().applied());
        Snapshot late = snapshots.begin(0, borrower.mapped.status().applied());
        assertThat(copy(whole)).endsWith(value(LENGTH, 1)).hasSize(32 + 3 + LENGTH);
        snapshots.end(whole);

        pools.forEach(each -> each.remove("key"));
        release();
        assertThat(copy(late)).endsWith(value(LENGTH, 1)).hasSize(32 + 3 + LENGTH);
        snapshots.end(late);
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
    }

    private static byte[] copy(Snapshot snapshot) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        byte[] part = new byte[1_024];
        MemorySegment target = MemorySegment.ofArray(part);
        for (long length = snapshot.copy(target); length > 0; length = snapshot.copy(target)) {
            stream.writeBytes(target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
        }
        return stream.toByteArray();
    }

    @Test
    void isTakenOverByASuccessor() throws IOException {
        broadcast(LENDER, "kept", value(LENGTH, 1));
        broadcast(LENDER, "left", value(LENGTH, 2));
        broadcast(LENDER, "gone", value(LENGTH, 3));
        lender().remove("left");
        pools.get(0).remove("left");
        pools.forEach(each -> each.remove("gone"));

        recover();
        check();
        assertThat(free - lender().memoryPool.freeBytes()).isBetween(100_000L, 120_000L);
        for (int i = 0; lender().put("filler" + i, value(LENGTH, i)); i++) {
            assertThat(i).isLessThan(400);
        }
        check();

        lender().clear();
        pools.get(2).remove("left");
        pools.get(2).put("kept", value(100, 3));
        release();
        assertThat(free - lender().memoryPool.freeBytes()).isBetween(50_000L, 60_000L);
        pools.get(0).remove("kept");
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
        check();
    }

    @Test
    void keepsABlockForWhatWasPostedUntilThatIsApplied() throws IOException {
        lender().put("key", value(LENGTH, 1));
        long version = lender().version("key");
        int page = lender().lend("key");
        pools.get(0).postBorrow("key", LENDER, page, version);
        lender().endLend(version);
        lender().remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isLessThan(free - LENGTH);

        recover();
        pools.forEach(PoolDriver::drain);
        pools.get(0).model.put("key", value(LENGTH, 1));
        check();
        assertThat(pools.get(0).isBorrowed("key")).isTrue();
        release();
        check();
        pools.get(0).remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
    }

    @Test
    void keepsABlockForWhoAskedForItUntilItsLinkEnds() {
        lender().put("key", value(LENGTH, 1));
        assertThat(lender().lend("key")).isNotEqualTo(MemoryPool.NO_BLOCK);
        lender().remove("key");
        release();
        lender().memoryPool.loans().endHolds(4);
        release();
        assertThat(lender().memoryPool.freeBytes()).isLessThan(free - LENGTH);
        lender().memoryPool.loans().endHolds(3);
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
    }

    @Test
    void waitsForNoManagerThatWasLostBeforeButForOneThatIsLostWithWhatWasPosted() {
        pools.get(2).mapped.status().publishState(PoolStatus.STATE_LOST);
        lender().put("key", value(LENGTH, 1));
        int page = lender().lend("key");
        pools.get(2).postBorrow("key", LENDER, page, lender().version("key"));
        lender().endLend(lender().version("key"));
        lender().remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);

        lender().put("key", value(LENGTH, 1));
        page = lender().lend("key");
        pools.get(0).postBorrow("key", LENDER, page, lender().version("key"));
        pools.get(0).mapped.status().publishState(PoolStatus.STATE_LOST);
        lender().endLend(lender().version("key"));
        lender().remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isLessThan(free - LENGTH);
    }

    @Test
    void lendsABlockForAsLongAsOthersReferToIt() {
        broadcast(LENDER, "key", value(LENGTH, 1));
        release();
        int page = lender().lend("key");
        lender().endLend(lender().version("key"));
        release();
        assertThat(lender().memoryPool.loans().isLent(page)).isTrue();
        pools.get(0).remove("key");
        pools.get(2).put("key", value(100, 1));
        release();
        assertThat(lender().memoryPool.loans().isLent(page)).isFalse();
        assertThat(lender().read("key")).isEqualTo(value(LENGTH, 1));
        lender().remove("key");
        release();
        assertThat(lender().memoryPool.freeBytes()).isEqualTo(free);
    }

    @Test
    @Timeout(120)
    void isWholeWhereverTheOwnerIsKilled() throws IOException {
        int stores = 0;
        for (boolean killed = true; killed; stores++) {
            broadcast(0, "key", value(LENGTH, 1));
            broadcast(LENDER, "other", value(LENGTH, 2));
            killed = isKilledAfter(stores);
            recover();
            pools.forEach(PoolDriver::drain);
            for (PoolDriver each : pools) {
                PoolReport report = PoolVerifier.verify(each.mapped.directory());
                assertThat(report.isClean()).as(report.text()).isTrue();
                assertThat(each.read("key")).isIn(
                        value(LENGTH, 1), value(LENGTH, 3), value(LENGTH, 4), null);
                assertThat(each.read("other")).isIn(value(LENGTH, 2), value(100, 5));
            }
            pools.forEach(PoolDriver::clear);
            release();
            assertThat(pools).allSatisfy(
                    each -> assertThat(each.memoryPool.freeBytes()).isEqualTo(free));
        }
        assertThat(stores).isGreaterThan(100);
    }

    private void recover() throws IOException {
        pools = PoolDriver.recover(pools, regions);
        pools.forEach(PoolDriver::awaitReserved);
    }

    private boolean isKilledAfter(int stores) {
        regions.crashAfter(stores);
        try {
            broadcast(0, "key", value(LENGTH, 3));
            lender().put("other", value(100, 5));
            broadcast(2, "key", value(LENGTH, 4));
            pools.forEach(each -> each.remove("key"));
            release();
            return false;
        } catch (Crash e) {
            return true;
        } finally {
            regions.crashAfter(Long.MAX_VALUE);
        }
    }

    @Test
    void agreesWithAModelWhateverHappensInWhateverOrder() throws IOException {
        Random random = TestRandom.random();
        for (int step = 0; step < 6_000; step++) {
            String key = "key" + random.nextInt(25);
            PoolDriver pool = pools.get(random.nextInt(POOLS));
            switch (random.nextInt(16)) {
                case 0, 1, 2, 3, 4, 5 -> {
                    int lender = random.nextInt(POOLS);
                    boolean _ = broadcast(
                            lender, key, value(5_000 + random.nextInt(300_000), step));
                }
                case 6, 7, 8 -> {
                    boolean _ = pool.put(key, value(random.nextInt(100_000), step));
                }
                case 9, 10, 11 -> pool.remove(key);
                case 12 -> pool.pin();
                case 13 -> pools.forEach(PoolDriver::unpin);
                case 14 -> pool.compact();
                default -> {
                    if (random.nextInt(20) == 0) {
                        recover();
                    }
                }
            }
            if (step % 50 == 0) {
                check();
            }
        }
        check();
        pools.forEach(PoolDriver::unpin);
        pools.forEach(PoolDriver::clear);
        release();
        release();
        assertThat(pools).allSatisfy(
                each -> assertThat(each.memoryPool.freeBytes()).isEqualTo(free));
        assertThat(pools).allSatisfy(PoolDriver::checkPages);
        assertThat(Set.copyOf(pools)).anySatisfy(each -> assertThat(
                each.mapped.status().counter(PoolCounter.RECORDS_MOVED)).isPositive());
    }
}
