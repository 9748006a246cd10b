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

    private final MemoryRegion region =
            new MemoryRegion(Arena.ofAuto().allocate(HintTable.fileLength(SETS), 64));
    private final HintTable hints = new HintTable(region, SETS);

    /** What a reader learns: the ordinals under a tag, or that it must ask. */
    private enum Found {
        HERE,
        ABSENT,
        ASK
    }

    private Found find(int tag, int ordinal) {
        int set = hints.set(tag);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                long word = hints.way(set, way);
                if (HintTable.isOfTag(word, tag) && HintTable.ordinal(word) == ordinal) {
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

    private static int tagOfSet(int set) {
        return (int) (((long) set << 31) / SETS) + 1;
    }

    @Test
    void findsWhatWasInserted() {
        assertThat(hints.insert(0x1234_5678, 42)).isTrue();
        assertThat(find(0x1234_5678, 42)).isEqualTo(Found.HERE);
        assertThat(find(0x1234_5678, 43)).isEqualTo(Found.ABSENT);
        assertThat(find(0x1234_5679, 42)).isEqualTo(Found.ABSENT);
    }

    @Test
    void keepsExtremeTagsAndOrdinals() {
        for (int tag : new int[]{0, 1, 0x7FFF_FFFF}) {
            for (int ordinal : new int[]{1, Integer.MAX_VALUE}) {
                assertThat(hints.insert(tag, ordinal)).isTrue();
                assertThat(find(tag, ordinal)).isEqualTo(Found.HERE);
                hints.remove(tag, ordinal);
                assertThat(find(tag, ordinal)).isEqualTo(Found.ABSENT);
            }
        }
    }

    @Test
    void spreadsTagsOverAllSetsInOrder() {
        int set = 0;
        for (long tag = 0; tag < 1L << 31; tag += 1 << 20) {
            assertThat(hints.set((int) tag)).isBetween(set, SETS - 1);
            set = hints.set((int) tag);
        }
        assertThat(set).isEqualTo(SETS - 1);
    }

    @Test
    void overflowsIntoTheNextSetsAndFlagsTheFullOnes() {
        int tag = tagOfSet(10);
        for (int ordinal = 1; ordinal <= 20; ordinal++) {
            assertThat(hints.insert(tag, ordinal)).isTrue();
        }
        for (int ordinal = 1; ordinal <= 20; ordinal++) {
            assertThat(find(tag, ordinal)).isEqualTo(Found.HERE);
        }
        assertThat(HintTable.isPassedOn(hints.way(10, 0))).isTrue();
        assertThat(HintTable.isPassedOn(hints.way(11, 0))).isTrue();
        assertThat(HintTable.isPassedOn(hints.way(12, 0))).isFalse();
        assertThat(HintTable.ordinal(hints.way(12, 3))).isEqualTo(20);
    }

    @Test
    void goesOnAtTheFirstSetBehindTheLast() {
        int tag = tagOfSet(SETS - 1);
        for (int ordinal = 1; ordinal <= 9; ordinal++) {
            assertThat(hints.insert(tag, ordinal)).isTrue();
        }
        assertThat(HintTable.ordinal(hints.way(0, 0))).isEqualTo(9);
        assertThat(find(tag, 9)).isEqualTo(Found.HERE);
    }

    @Test
    void leavesAKeyWithoutHintWhenAllItsSetsAreFullAndSendsReadersToTheManager() {
        int tag = tagOfSet(5);
        int hinted = HintTable.SETS_PROBED * HintTable.WAYS;
        for (int ordinal = 1; ordinal <= hinted; ordinal++) {
            assertThat(hints.insert(tag, ordinal)).isTrue();
        }
        assertThat(hints.insert(tag, hinted + 1)).isFalse();
        assertThat(find(tag, hinted + 1)).isEqualTo(Found.ASK);
        assertThat(HintTable.ordinal(hints.way(5 + HintTable.SETS_PROBED, 0))).isZero();
    }

    @Test
    void keepsLaterKeysFindableWhenEarlierOnesGo() {
        int tag = tagOfSet(30);
        for (int ordinal = 1; ordinal <= 30; ordinal++) {
            hints.insert(tag, ordinal);
        }
        for (int ordinal = 1; ordinal < 30; ordinal++) {
            hints.remove(tag, ordinal);
            assertThat(find(tag, ordinal)).isNotEqualTo(Found.HERE);
            assertThat(find(tag, 30)).isEqualTo(Found.HERE);
        }
    }

    @Test
    void ignoresTheRemovalOfAKeyThatHasNoHint() {
        int tag = tagOfSet(8);
        hints.insert(tag, 1);
        hints.remove(tag, 2);
        hints.remove(tag + 1, 1);
        assertThat(find(tag, 1)).isEqualTo(Found.HERE);
    }

    @Test
    void forgetsEverythingOnClear() {
        for (int ordinal = 1; ordinal <= 100; ordinal++) {
            hints.insert(tagOfSet(ordinal % SETS), ordinal);
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
        Map<Integer, Integer> tagOf = new HashMap<>();
        List<Integer> ordinals = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (ordinals.size() < 10
                    || random.nextInt(100) < 50 && ordinals.size() < SETS * HintTable.WAYS) {
                int ordinal = i + 1;
                // Few tags, so that they meet in sets and share words.
                int tag = random.nextInt(64) * 0x0155_5555 & 0x7FFF_FFFF;
                boolean inserted = hints.insert(tag, ordinal);
                tagOf.put(ordinal, tag);
                ordinals.add(ordinal);
                assertThat(find(tag, ordinal)).isEqualTo(inserted ? Found.HERE : Found.ASK);
            } else {
                int ordinal = ordinals.remove(/* index */ random.nextInt(ordinals.size()));
                int tag = tagOf.remove(ordinal);
                hints.remove(tag, ordinal);
                assertThat(find(tag, ordinal)).isNotEqualTo(Found.HERE);
            }
            if (i % 100 == 0) {
                tagOf.forEach((ordinal, tag) -> assertThat(find(tag, ordinal))
                        .isNotEqualTo(Found.ABSENT));
            }
        }
    }
}
