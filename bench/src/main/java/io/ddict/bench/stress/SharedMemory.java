package io.ddict.bench.stress;

import io.ddict.store.pool.MemoryRegion;
import java.lang.foreign.MemorySegment;

/** Small regions on the heap: the same accesses as on mapped files, cheap enough for each sample. */
final class SharedMemory {
    private SharedMemory() {}

    static MemoryRegion region(int length) {
        return new MemoryRegion(MemorySegment.ofArray(new long[length / Long.BYTES]));
    }
}
