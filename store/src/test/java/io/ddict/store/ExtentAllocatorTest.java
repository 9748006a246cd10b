package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentAllocatorTest {
    private static final int PAGES = 4096;
    private static final int ALIGNED_PAGES = ExtentAllocator.ALIGNED_PAGES;

    /** Which pages are taken: what the allocator must agree with. */
    private static final class Model {
        private final BitSet taken = new BitSet();
        private int end = 1;

        void take(int first, int pages) {
            assertThat(first).isPositive();
            assertThat(first + pages).isLessThanOrEqualTo(end);
            int next = taken.nextSetBit(first);
            assertThat(next < 0 || next >= first + pages)
                    .as("no page of %d+%d is taken", first, pages).isTrue();
            taken.set(first, first + pages);
        }

        void giveBack(int first, int pages) {
            taken.clear(first, first + pages);
        }

        int free() {
            return end - 1 - taken.cardinality();
        }

        int longestFree() {
            int longest = 0;
            for (int first = taken.nextClearBit(1); first < end;) {
                int next = taken.nextSetBit(first);
                int last = next < 0 ? end : Math.min(next, end);
                longest = Math.max(longest, last - first);
                first = taken.nextClearBit(last);
            }
            return longest;
        }

        int aligned() {
            int runs = 0;
            for (int first = ALIGNED_PAGES; first + ALIGNED_PAGES <= end; first += ALIGNED_PAGES) {
                int next = taken.nextSetBit(first);
                runs += next < 0 || next >= first + ALIGNED_PAGES ? 1 : 0;
            }
            return runs;
        }
    }

    private record Run(int first, int pages) {}

    private static ExtentAllocator allocator(int pages) {
        ExtentAllocator extents = new ExtentAllocator(pages);
        extents.extendTo(pages);
        return extents;
    }

    @Test
    void agreesWithAModelUnderRandomCalls() {
        Random random = TestRandom.random();
        ExtentAllocator extents = new ExtentAllocator(PAGES);
        Model model = new Model();
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < 40_000; i++) {
            step(extents, model, runs, random);
            assertThat(extents.freePages()).isEqualTo(model.free());
            assertThat(extents.freeAligned()).isEqualTo(model.aligned());
            if (i % 100 == 0) {
                assertThat(extents.largestFree()).isEqualTo(model.longestFree());
            }
        }
        extents.extendTo(PAGES);
        Collections.shuffle(runs, random);
        runs.forEach(run -> extents.free(run.first(), run.pages()));
        assertThat(extents.freePages()).isEqualTo(PAGES - 1);
        assertThat(extents.largestFree()).isEqualTo(PAGES - 1);
        assertThat(extents.largestFreeFirst()).isEqualTo(1);
    }

    private static void step(ExtentAllocator extents, Model model, List<Run> runs, Random random) {
        int dice = random.nextInt(100);
        if (dice < 1 || model.end == 1) {
            model.end = Math.min(PAGES, model.end + random.nextInt(200));
            extents.extendTo(model.end);
        } else if (dice < 30) {
            int pages = 1 + (int) Math.abs(random.nextGaussian() * 12);
            int longest = model.longestFree();
            int first = extents.allocate(pages, random.nextBoolean());
            assertThat(first != ExtentAllocator.NONE).isEqualTo(longest >= pages);
            taken(model, runs, first, pages);
        } else if (dice < 45) {
            boolean exists = model.aligned() > 0;
            int first = extents.allocateAligned();
            assertThat(first != ExtentAllocator.NONE).isEqualTo(exists);
            assertThat(first == ExtentAllocator.NONE || first % ALIGNED_PAGES == 0).isTrue();
            taken(model, runs, first, ALIGNED_PAGES);
        } else if (!runs.isEmpty()) {
            Run run = runs.remove(random.nextInt(runs.size()));
            if (dice < 60) {
                int before = random.nextInt(run.pages());
                int pages = 1 + random.nextInt(run.pages() - before);
                extents.trim(run.first(), run.pages(), run.first() + before, pages);
                model.giveBack(run.first(), run.pages());
                taken(model, runs, run.first() + before, pages);
            } else {
                extents.free(run.first(), run.pages());
                model.giveBack(run.first(), run.pages());
            }
        }
    }

    private static void taken(Model model, List<Run> runs, int first, int pages) {
        if (first != ExtentAllocator.NONE) {
            model.take(first, pages);
            runs.add(new Run(first, pages));
        }
    }

    @Test
    void givesNoPageBeforeItIsExtended() {
        ExtentAllocator extents = new ExtentAllocator(PAGES);
        assertThat(extents.allocate(1, false)).isEqualTo(ExtentAllocator.NONE);
        assertThat(extents.allocateAligned()).isEqualTo(ExtentAllocator.NONE);
        assertThat(extents.largestFree()).isZero();
        assertThat(extents.largestFreeFirst()).isEqualTo(ExtentAllocator.NONE);
    }

    @Test
    void joinsNewPagesWithTheFreeRunBeforeThem() {
        ExtentAllocator extents = new ExtentAllocator(PAGES);
        extents.extendTo(100);
        extents.extendTo(60);
        extents.extendTo(PAGES);
        assertThat(extents.allocate(PAGES - 1, false)).isEqualTo(1);
        assertThat(extents.freePages()).isZero();
    }

    @Test
    void takesHighRunsFromTheFarEnd() {
        ExtentAllocator extents = allocator(PAGES);
        assertThat(extents.allocate(10, true)).isEqualTo(PAGES - 10);
        assertThat(extents.allocate(10, false)).isEqualTo(1);
    }

    @Test
    void takesTheTightestRunThatFits() {
        ExtentAllocator extents = allocator(PAGES);
        int wide = extents.allocate(300, false);
        extents.allocate(1, false);
        int tight = extents.allocate(290, false);
        extents.allocate(1, false);
        extents.free(wide, 300);
        extents.free(tight, 290);
        assertThat(extents.allocate(289, false)).isEqualTo(tight);
    }

    @Test
    void findsTheOnlyRunLongEnoughBehindManyThatAreTooShort() {
        ExtentAllocator extents = allocator(PAGES);
        List<Run> runs = new ArrayList<>();
        int wanted = extents.allocate(71, false);
        extents.allocate(1, false);
        for (int i = 0; i < 40; i++) {
            runs.add(new Run(extents.allocate(64, false), 64));
            extents.allocate(1, false);
        }
        extents.allocate(extents.largestFree(), false);
        extents.free(wanted, 71);
        runs.forEach(run -> extents.free(run.first(), run.pages()));
        assertThat(extents.allocate(70, false)).isEqualTo(wanted);
        assertThat(extents.allocate(70, false)).isEqualTo(ExtentAllocator.NONE);
    }

    @Test
    void givesAlignedRunsAsLongAsThereIsOne() {
        ExtentAllocator extents = allocator(PAGES);
        int wanted = (PAGES - 1) / ALIGNED_PAGES;
        for (int i = 0; i < wanted; i++) {
            assertThat(extents.allocateAligned()).isPositive()
                    .matches(page -> page % ALIGNED_PAGES == 0);
        }
        assertThat(extents.allocateAligned()).isEqualTo(ExtentAllocator.NONE);
    }

    @Test
    void findsTheAlignedRunAmongShortOnesThatHoldNone() {
        for (int length = 4; length <= 6; length++) {
            ExtentAllocator extents = new ExtentAllocator(PAGES);
            // Free runs of the same length: all but the last begin one page behind a multiple of 4.
            for (int first = 1; first + 8 < 2000; first += 8) {
                assertThat(extents.occupy(first + length - 1, 8 - length + 1)).isTrue();
            }
            extents.occupy(2001, 3);
            extents.occupy(2004 + length, PAGES - 2004 - length);
            extents.finishRecovery(PAGES);
            int runs = extents.freeAligned();
            for (int i = 0; i < runs; i++) {
                assertThat(extents.allocateAligned() % ALIGNED_PAGES).isZero();
            }
            assertThat(runs).isPositive();
            assertThat(extents.freeAligned()).isZero();
            assertThat(extents.allocateAligned()).isEqualTo(ExtentAllocator.NONE);
        }
    }

    @Test
    void rebuildsFromTheRunsInUse() {
        Random random = TestRandom.random();
        for (int round = 0; round < 50; round++) {
            ExtentAllocator extents = new ExtentAllocator(PAGES);
            Model model = new Model();
            model.end = 1 + random.nextInt(PAGES);
            List<Run> runs = randomRuns(model.end, random);
            Collections.shuffle(runs, random);
            for (Run run : runs) {
                assertThat(extents.occupy(run.first(), run.pages())).isTrue();
                model.take(run.first(), run.pages());
            }
            extents.finishRecovery(model.end);
            assertThat(extents.freePages()).isEqualTo(model.free());
            assertThat(extents.largestFree()).isEqualTo(model.longestFree());
            for (int i = 0; i < 200; i++) {
                step(extents, model, runs, random);
                assertThat(extents.freePages()).isEqualTo(model.free());
            }
            runs.forEach(run -> extents.free(run.first(), run.pages()));
            assertThat(extents.largestFree()).isEqualTo(model.end - 1);
        }
    }

    private static List<Run> randomRuns(int end, Random random) {
        List<Run> runs = new ArrayList<>();
        int first = 1 + random.nextInt(10);
        while (true) {
            int pages = 1 + random.nextInt(random.nextBoolean() ? 4 : 60);
            if (first + pages > end) {
                return runs;
            }
            runs.add(new Run(first, pages));
            first += pages + (random.nextBoolean() ? 0 : random.nextInt(20));
        }
    }

    @Test
    void refusesToRebuildFromRunsThatOverlap() {
        int[][] overlapping = {{10, 10}, {5, 6}, {19, 1}, {12, 3}, {5, 30}, {15, 40}};
        for (int[] run : overlapping) {
            ExtentAllocator extents = new ExtentAllocator(100);
            extents.occupy(10, 10);
            assertThat(extents.occupy(run[0], run[1])).as("%d+%d", run[0], run[1]).isFalse();
            assertThat(extents.occupy(20, 4)).isTrue();
            extents.finishRecovery(100);
            assertThat(extents.freePages()).isEqualTo(100 - 1 - 14);
        }
    }

    @Test
    void refusesToRebuildFromRunsOutsideTheFile() {
        int[][] outside =
                {{0, 4}, {-1, 2}, {98, 3}, {101, 1}, {5, 0}, {5, -1}, {50, Integer.MAX_VALUE}};
        ExtentAllocator extents = new ExtentAllocator(100);
        for (int[] run : outside) {
            assertThat(extents.occupy(run[0], run[1])).as("%d+%d", run[0], run[1]).isFalse();
        }
    }

    @Test
    void noticesARunFreedTwice() {
        ExtentAllocator extents = allocator(PAGES);
        int first = extents.allocate(3, false);
        extents.free(first, 3);
        assertThatThrownBy(() -> extents.free(first, 3))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not an allocated run");
    }
}
