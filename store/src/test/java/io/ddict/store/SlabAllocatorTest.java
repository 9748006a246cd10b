package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.SizeClasses;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlabAllocatorTest {
    private static final int PAGES = 1024;

    private final ExtentAllocator extents = new ExtentAllocator(PAGES);
    private final SlabAllocator slabs = new SlabAllocator(extents, PAGES);

    @Test
    void agreesWithAModelUnderRandomCalls() {
        Random random = TestRandom.random();
        extents.extendTo(PAGES);
        // A bit per 16 bytes of the data file.
        BitSet taken = new BitSet();
        List<Long> handles = new ArrayList<>();
        for (int i = 0; i < 60_000; i++) {
            boolean growing = (i / 6000) % 2 == 0;
            if (handles.isEmpty() || random.nextInt(100) < (growing ? 65 : 35)) {
                allocate(random.nextInt(SizeClasses.COUNT), taken, handles);
            } else {
                free(handles.remove(random.nextInt(handles.size())), taken);
            }
            if (i % 500 == 0) {
                checkLevels(handles);
            }
        }
        Collections.shuffle(handles, random);
        handles.forEach(handle -> free(handle, taken));
        assertThat(slabs.freeBytes()).isZero();
        assertThat(extents.largestFree()).isEqualTo(PAGES - 1);
    }

    private void allocate(int sizeClass, BitSet taken, List<Long> handles) {
        boolean wasFull =
                slabs.freeSlots(sizeClass) == 0 && extents.freePages() < SlabAllocator.SLAB_PAGES;
        long handle = slabs.allocate(sizeClass);
        if (handle == Handle.NONE) {
            assertThat(wasFull).isTrue();
            return;
        }
        int first = (int) (Handle.offset(handle) / 16);
        int units = SizeClasses.length(sizeClass) / 16;
        assertThat(Handle.isBlock(handle)).isFalse();
        assertThat(Handle.sizeClass(handle)).isEqualTo(sizeClass);
        assertThat(Handle.offset(handle) % 16).isZero();
        assertThat(Handle.offset(handle)).isGreaterThanOrEqualTo(PoolGeometry.PAGE_LENGTH);
        assertThat(first + units).isLessThanOrEqualTo(PAGES * 256);
        int next = taken.nextSetBit(first);
        assertThat(next < 0 || next >= first + units).isTrue();
        taken.set(first, first + units);
        handles.add(handle);
        assertThat(slabs.isUsed(slabPage(handle), slot(handle))).isTrue();
        assertThat(slabs.isSlab(slabPage(handle))).isTrue();
        assertThat(slabs.sizeClassOf(slabPage(handle))).isEqualTo(sizeClass);
    }

    private void free(long handle, BitSet taken) {
        int first = (int) (Handle.offset(handle) / 16);
        taken.clear(first, first + SizeClasses.length(Handle.sizeClass(handle)) / 16);
        slabs.free(handle);
    }

    private void checkLevels(List<Long> handles) {
        long slabPages = handles.stream().map(SlabAllocatorTest::slabPage).distinct().count()
                * SlabAllocator.SLAB_PAGES;
        assertThat(extents.freePages()).isEqualTo(PAGES - 1 - slabPages);
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            int wanted = sizeClass;
            List<Long> ofClass =
                    handles.stream().filter(handle -> Handle.sizeClass(handle) == wanted).toList();
            long slots = ofClass.stream().map(SlabAllocatorTest::slabPage).distinct().count()
                    * SlabAllocator.slotsOf(sizeClass);
            assertThat(slabs.freeSlots(sizeClass)).isEqualTo((int) (slots - ofClass.size()));
        }
    }

    private static int slabPage(long handle) {
        return (int) (Handle.offset(handle) / SlabAllocator.SLAB_LENGTH) * SlabAllocator.SLAB_PAGES;
    }

    private static int slot(long handle) {
        return (int) (Handle.offset(handle) % SlabAllocator.SLAB_LENGTH)
                / SizeClasses.length(Handle.sizeClass(handle));
    }

    @Test
    void fillsASlabOfEveryClassToItsLastSlot() {
        extents.extendTo(PAGES);
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            int slots = SlabAllocator.slotsOf(sizeClass);
            int wanted = sizeClass;
            long[] handles =
                    IntStream.range(0, slots).mapToLong(i -> slabs.allocate(wanted)).toArray();
            assertThat(handles).doesNotHaveDuplicates().doesNotContain(Handle.NONE);
            assertThat(slabs.freeSlots(sizeClass)).isZero();
            assertThat(extents.freePages()).isEqualTo(PAGES - 1 - SlabAllocator.SLAB_PAGES);
            for (long handle : handles) {
                slabs.free(handle);
            }
            assertThat(extents.freePages()).isEqualTo(PAGES - 1);
        }
    }

    @Test
    void givesASlabBackWhenItsLastRecordGoes() {
        extents.extendTo(PAGES);
        long first = slabs.allocate(3);
        long second = slabs.allocate(3);
        slabs.free(first);
        assertThat(slabs.isSlab(slabPage(second))).isTrue();
        slabs.free(second);
        assertThat(slabs.isSlab(slabPage(second))).isFalse();
        assertThat(slabs.freeSlots(3)).isZero();
        assertThat(extents.freePages()).isEqualTo(PAGES - 1);
    }

    @Test
    void refusesWhenNeitherSlotNorSlabIsLeft() {
        extents.extendTo(9);
        int slots = SlabAllocator.slotsOf(48);
        for (int i = 0; i < slots; i++) {
            assertThat(slabs.allocate(48)).isNotEqualTo(Handle.NONE);
        }
        assertThat(slabs.allocate(48)).isEqualTo(Handle.NONE);
        assertThat(slabs.allocate(5)).isEqualTo(Handle.NONE);
        assertThat(slabs.freeSlots(5)).isZero();
    }

    @Test
    void rebuildsFromTheHandlesInUse() {
        Random random = TestRandom.random();
        extents.extendTo(PAGES);
        List<Long> handles = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            long handle = slabs.allocate(random.nextInt(12) * 4);
            if (handle != Handle.NONE) {
                handles.add(handle);
            }
        }
        Collections.shuffle(handles, random);
        while (handles.size() > 400) {
            slabs.free(handles.removeLast());
        }
        ExtentAllocator rebuiltExtents = new ExtentAllocator(PAGES);
        SlabAllocator rebuilt = new SlabAllocator(rebuiltExtents, PAGES);
        handles.forEach(handle -> assertThat(rebuilt.occupy(handle)).isTrue());
        rebuiltExtents.finishRecovery(PAGES);
        assertThat(rebuiltExtents.freePages()).isEqualTo(extents.freePages());
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            assertThat(rebuilt.freeSlots(sizeClass)).isEqualTo(slabs.freeSlots(sizeClass));
        }
        handles.forEach(rebuilt::free);
        assertThat(rebuiltExtents.largestFree()).isEqualTo(PAGES - 1);
    }

    @Test
    void refusesToRebuildFromHandlesThatNameNoSlot() {
        long slab = SlabAllocator.SLAB_LENGTH;
        assertThat(slabs.occupy(Handle.small(slab, SizeClasses.COUNT))).isFalse();
        assertThat(slabs.occupy(Handle.small(slab, 254))).isFalse();
        assertThat(slabs.occupy(Handle.small(slab + 8, 3))).isFalse();
        assertThat(slabs.occupy(Handle.small(slab + 3 * 4608, 48))).isFalse();
        assertThat(slabs.occupy(Handle.small(slab * (PAGES / SlabAllocator.SLAB_PAGES), 3)))
                .isFalse();
        assertThat(slabs.occupy(Handle.small(PoolGeometry.PAGE_LENGTH, 3)))
                .as("slab 0 holds the header page")
                .isFalse();
    }

    @Test
    void refusesToRebuildFromHandlesThatClash() {
        long slab = SlabAllocator.SLAB_LENGTH;
        assertThat(slabs.occupy(Handle.small(slab, 3))).isTrue();
        assertThat(slabs.occupy(Handle.small(slab, 3))).as("one slot twice").isFalse();
        assertThat(slabs.occupy(Handle.small(slab + 64 * 3, 5))).as("another class").isFalse();
        extents.occupy(2 * SlabAllocator.SLAB_PAGES + 1, 2);
        assertThat(slabs.occupy(Handle.small(2 * slab, 3))).as("a block lies there").isFalse();
        assertThat(slabs.freeSlots(3)).isEqualTo(SlabAllocator.slotsOf(3) - 1);
    }

    @Test
    void noticesASlotFreedTwice() {
        extents.extendTo(PAGES);
        long handle = slabs.allocate(7);
        slabs.allocate(7);
        slabs.free(handle);
        assertThatThrownBy(() -> slabs.free(handle)).isInstanceOf(AssertionError.class);
    }
}
