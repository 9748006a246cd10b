package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.Handle;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeferredFreesTest {
    private static final int PAGES = 1 << 16;

    private final ExtentAllocator extents = new ExtentAllocator(PAGES);
    private final SlabAllocator slabs = new SlabAllocator(extents, PAGES);
    private final DeferredFrees frees = new DeferredFrees();

    @Test
    void freesWhatNoPinIsOlderThan() {
        extents.extendTo(PAGES);
        frees.add(Handle.block(extents.allocate(3, false)), 3, 10);
        frees.add(slabs.allocate(5), 0, 11);
        frees.add(Handle.block(extents.allocate(2, false)), 2, 12);
        assertThat(frees.release(10, slabs, extents, new Borrowed(), null)).isEqualTo(3);
        assertThat(frees.release(11, slabs, extents, new Borrowed(), null)).isEqualTo(2);
        assertThat(frees.isEmpty()).isFalse();
        assertThat(extents.freePages()).isEqualTo(PAGES - 1 - 4 - 2);
        assertThat(frees.release(Long.MAX_VALUE, slabs, extents, new Borrowed(), null)).isZero();
        assertThat(frees.isEmpty()).isTrue();
        assertThat(extents.freePages()).isEqualTo(PAGES - 1);
    }

    @Test
    void keepsOrderWhileItGrowsAndWraps() {
        Random random = TestRandom.random();
        extents.extendTo(PAGES);
        ArrayDeque<long[]> model = new ArrayDeque<>();
        int pagesTaken = 0;
        long position = 0;
        for (int round = 0; round < 400; round++) {
            int adds = random.nextInt(round % 40 == 39 ? 3000 : 300);
            for (int i = 0; i < adds && pagesTaken < PAGES / 2; i++) {
                int pages = 1 + random.nextInt(4);
                frees.add(Handle.block(extents.allocate(pages, random.nextBoolean())), pages,
                        position);
                model.add(new long[]{position, pages});
                pagesTaken += pages;
                position += random.nextInt(2);
            }
            long oldestPin =
                    random.nextInt(8) == 0 ? Long.MAX_VALUE : position - random.nextInt(400);
            while (!model.isEmpty() && model.peek()[0] < oldestPin) {
                pagesTaken -= (int) model.poll()[1];
            }
            assertThat(frees.release(oldestPin, slabs, extents, new Borrowed(), null))
                    .isEqualTo(model.size());
            assertThat(extents.freePages()).isEqualTo(PAGES - 1 - pagesTaken);
        }
    }
}
