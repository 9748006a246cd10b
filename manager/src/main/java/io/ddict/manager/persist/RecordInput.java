package io.ddict.manager.persist;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Records as a {@link io.ddict.store.Snapshot} copied them, one after the other. One thread. */
interface RecordInput {
    /** Whether there is another record. */
    boolean hasNext() throws IOException;

    /** Begins the next record: copies its header. */
    void next(MemorySegment header) throws IOException;

    /** Copies bytes of the record that was begun. */
    void read(MemorySegment target, long offset, long wanted) throws IOException;
}
