package io.ddict.store;

import io.ddict.store.pool.Handle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 * Space that was given up but may still be under a reader's eyes. A batch collects it; at the
 * batch's end one full fence separates the generations bumped from the look at the pins, and
 * everything that no pin is older than goes back to the allocators. First in, first out.
 */

/** A queue of handles to free, each with the position that gave it up. One thread. */
final class DeferredFrees {
    private long[] handles = new long[1024];
    private int[] pages = new int[1024];
    private long[] positions = new long[1024];
    private int first;
    private int count;
    private int blockPages;
    private long highestPosition;

    /** Adds one; {@code pageCount} counts for blocks and space on the disk only. */
    void add(long handle, int pageCount, long position) {
        if (Handle.isBlock(handle)) {
            blockPages += pageCount;
        }
        if (count == handles.length) {
            grow();
        }
        highestPosition = Math.max(highestPosition, position);
        int index = index(count++);
        handles[index] = handle;
        pages[index] = pageCount;
        positions[index] = position;
    }

    /** Frees all that were given up before the oldest pin; returns how many are left. */
    int release(
            long oldestPin,
            SlabAllocator slabs,
            ExtentAllocator extents,
            Borrowed borrowed,
            @Nullable Spill spill) {
        while (count > 0 && positions[first] < oldestPin) {
            long handle = handles[first];
            if (Handle.isBlock(handle)) {
                extents.free(Handle.page(handle), pages[first]);
                blockPages -= pages[first];
            } else if (spill != null && Handle.isSpilled(handle)) {
                spill.free(Handle.page(handle), pages[first]);
            } else {
                slabs.free(handle);
                borrowed.freed(handle);
            }
            first = index(1);
            count--;
        }
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** The highest position that gave one up so far. */
    long highestPosition() {
        return highestPosition;
    }

    /** Pages that may become free when all is that waits: of small records, one each. */
    int pagesAtMost() {
        return blockPages + count;
    }

    /** Pages of blocks that wait. */
    int blockPages() {
        return blockPages;
    }

    private int index(int from) {
        return (first + from) & (handles.length - 1);
    }

    private void grow() {
        int length = handles.length;
        rotate();
        handles = Arrays.copyOf(handles, 2 * length);
        pages = Arrays.copyOf(pages, 2 * length);
        positions = Arrays.copyOf(positions, 2 * length);
    }

    private void rotate() {
        long[] orderedHandles = new long[count];
        int[] orderedPages = new int[count];
        long[] orderedPositions = new long[count];
        for (int i = 0; i < count; i++) {
            orderedHandles[i] = handles[index(i)];
            orderedPages[i] = pages[index(i)];
            orderedPositions[i] = positions[index(i)];
        }
        handles = orderedHandles;
        pages = orderedPages;
        positions = orderedPositions;
        first = 0;
    }
}
