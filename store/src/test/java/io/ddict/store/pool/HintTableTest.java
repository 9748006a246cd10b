package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.TestRandom;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HintTableTest {
    private static final int SETS = 64;
    private static final long RECORD = 1 << 16;

    private final MemoryRegion region =
            new MemoryRegion(Arena.ofAuto().allocate(HintTable.fileLength(SETS), 64));
    private final HintTable hints = new HintTable(region, SETS, 1 << 20, 1L << 32);

    /** What a reader learns: the ordinals under a tag, or that it must ask. */
    private enum Found {
        HERE,
        ABSENT,
        ASK
    }

    private Found find(long hash, int ordinal) {
        int set = hints.set(hash);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                long word = hints.way(set, way);
                if (hints.isOfTag(word, hints.tag(hash)) && hints.ordinal(word) == ordinal) {
                    assertThat(hints.waysOf(set, hints.tag(hash)) & 1 << way).isNotZero();
                    return Found.HERE;
                }
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return Found.ABSENT;
            }
            set = hints.nextSet(set);
        }
        return Found.ASK;
    }

    private static long hashOfSet(int set) {
        return ((long) set << 31) / SETS + 1;
    }

    @Test
    void findsWhatWasInserted() {
        assertThat(hints.insert(0x1234_5678, 42, RECORD)).isTrue();
        assertThat(find(0x1234_5678, 42)).isEqualTo(Found.HERE);
        assertThat(find(0x1234_5678, 43)).isEqualTo(Found.ABSENT);
        assertThat(find(0x1234_5678 + (1L << 40), 42)).isEqualTo(Found.ABSENT);
    }

    @Test
    void keepsExtremeHashesOrdinalsAndRecords() {
        for (long hash : new long[]{0, 1, 0x7FFF_FFFF, 1L << 31, Long.MIN_VALUE, -1}) {
            for (int ordinal : new int[]{1, 1 << 20}) {
                for (long offset : new long[]{0, 4096, (1L << 32) - 16}) {
                    assertThat(hints.insert(hash, ordinal, offset)).isTrue();
                    assertThat(find(hash, ordinal)).isEqualTo(Found.HERE);
                    assertThat(hints.recordGuess(hints.way(hints.set(hash), 0)))
                            .isEqualTo(offset);
                    hints.remove(hash, ordinal);
                    assertThat(find(hash, ordinal)).isEqualTo(Found.ABSENT);
                }
            }
        }
    }

    @Test
    void notesWhereTheRecordIsNow() {
        long hash = 0x1234_5678;
        hints.insert(hash, 42, 4096);
        hints.update(hash, 42, 8192);
        hints.update(hash, 43, 12_288);
        assertThat(hints.recordGuess(hints.way(hints.set(hash), 0))).isEqualTo(8192);
        assertThat(find(hash, 42)).isEqualTo(Found.HERE);
        assertThat(find(hash, 43)).isEqualTo(Found.ABSENT);
    }

    @Test
    void keepsTheFlagOfASetWhoseFirstHintIsUpdatedOrRemoved() {
        long hash = hashOfSet(10);
        for (int ordinal = 1; ordinal <= 9; ordinal++) {
            hints.insert(hash, ordinal, RECORD);
        }
        hints.update(hash, 1, 4096);
        assertThat(find(hash, 9)).isEqualTo(Found.HERE);
        hints.remove(hash, 1);
        assertThat(find(hash, 9)).isEqualTo(Found.HERE);
    }

    @Test
    void guessesInAPoolWhoseOrdinalsAndRecordsLeaveNoRoomForATag() {
        HintTable wide = new HintTable(region, SETS, 1 << 30, 1L << 45);
        assertThat(wide.insert(-1, 1 << 30, 1L << 20)).isTrue();
        long word = wide.way(wide.set(-1), 0);
        assertThat(wide.isOfTag(word, wide.tag(-1))).isTrue();
        assertThat(wide.isOfTag(word, wide.tag(0x7FFF_FFFF))).isFalse();
        assertThat(wide.ordinal(word)).isEqualTo(1 << 30);
        assertThat(wide.recordGuess(word)).isEqualTo(1L << 20);
    }

    @Test
    void spreadsHashesOverAllSetsInOrder() {
        int set = 0;
        for (long hash = 0; hash < 1L << 31; hash += 1 << 20) {
            assertThat(hints.set(hash)).isBetween(set, SETS - 1);
            set = hints.set(hash);
        }
        assertThat(set).isEqualTo(SETS - 1);
    }

    @Test
    void overflowsIntoTheNextSetsAndFlagsTheFullOnes() {
        long hash = hashOfSet(10);
        for (int ordinal = 1; ordinal <= 20; ordinal++) {
            assertThat(hints.insert(hash, ordinal, RECORD)).isTrue();
        }
        for (int ordinal = 1; ordinal <= 20; ordinal++) {
            assertThat(find(hash, ordinal)).isEqualTo(Found.HERE);
        }
        assertThat(HintTable.isPassedOn(hints.way(10, 0))).isTrue();
        assertThat(HintTable.isPassedOn(hints.way(11, 0))).isTrue();
        assertThat(HintTable.isPassedOn(hints.way(12, 0))).isFalse();
        assertThat(hints.ordinal(hints.way(12, 3))).isEqualTo(20);
    }

    @Test
    void goesOnAtTheFirstSetBehindTheLast() {
        long hash = hashOfSet(SETS - 1);
        for (int ordinal = 1; ordinal <= 9; ordinal++) {
            assertThat(hints.insert(hash, ordinal, RECORD)).isTrue();
        }
        assertThat(hints.ordinal(hints.way(0, 0))).isEqualTo(9);
        assertThat(find(hash, 9)).isEqualTo(Found.HERE);
    }

    @Test
    void leavesAKeyWithoutHintWhenAllItsSetsAreFullAndSendsReadersToTheManager() {
        long hash = hashOfSet(5);
        int hinted = HintTable.SETS_PROBED * HintTable.WAYS;
        for (int ordinal = 1; ordinal <= hinted; ordinal++) {
            assertThat(hints.insert(hash, ordinal, RECORD)).isTrue();
        }
        assertThat(hints.insert(hash, hinted + 1, RECORD)).isFalse();
        assertThat(find(hash, hinted + 1)).isEqualTo(Found.ASK);
        assertThat(hints.ordinal(hints.way(5 + HintTable.SETS_PROBED, 0))).isZero();
    }

    @Test
    void keepsLaterKeysFindableWhenEarlierOnesGo() {
        long hash = hashOfSet(30);
        for (int ordinal = 1; ordinal <= 30; ordinal++) {
            hints.insert(hash, ordinal, RECORD);
        }
        for (int ordinal = 1; ordinal < 30; ordinal++) {
            hints.remove(hash, ordinal);
            assertThat(find(hash, ordinal)).isNotEqualTo(Found.HERE);
            assertThat(find(hash, 30)).isEqualTo(Found.HERE);
        }
    }

    @Test
    void ignoresTheRemovalOfAKeyThatHasNoHint() {
        long hash = hashOfSet(8);
        hints.insert(hash, 1, RECORD);
        hints.remove(hash, 2);
        hints.remove(hash + (1L << 40), 1);
        assertThat(find(hash, 1)).isEqualTo(Found.HERE);
    }

    @Test
    void forgetsEverythingOnClear() {
        for (int ordinal = 1; ordinal <= 100; ordinal++) {
            hints.insert(hashOfSet(ordinal % SETS), ordinal, RECORD);
        }
        hints.clear();
        for (int set = 0; set < SETS; set++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                assertThat(hints.way(set, way)).isZero();
            }
        }
    }

    @Test
    void neverHidesAKeyUnderRandomInsertsAndRemovals() {
        Random random = TestRandom.random();
        Map<Integer, Long> hashOf = new HashMap<>();
        List<Integer> ordinals = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (ordinals.size() < 10
                    || random.nextInt(100) < 50 && ordinals.size() < SETS * HintTable.WAYS) {
                int ordinal = i + 1;
                // Few tags, so that they meet in sets and share words.
                long hash = random.nextInt(64) * 0x0155_5555_0155_5555L;
                boolean inserted = hints.insert(hash, ordinal, RECORD);
                hashOf.put(ordinal, hash);
                ordinals.add(ordinal);
                assertThat(find(hash, ordinal)).isEqualTo(inserted ? Found.HERE : Found.ASK);
            } else {
                int ordinal = ordinals.remove(/* index */ random.nextInt(ordinals.size()));
                long hash = hashOf.remove(ordinal);
                hints.remove(hash, ordinal);
                assertThat(find(hash, ordinal)).isNotEqualTo(Found.HERE);
            }
            if (i % 100 == 0) {
                hashOf.forEach((ordinal, hash) -> assertThat(find(hash, ordinal))
                        .isNotEqualTo(Found.ABSENT));
            }
        }
    }
}
