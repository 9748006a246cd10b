package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.RecordLayout;

/** What entries hold, as readers see it: a value's own time is not part of it. The manager's thread. */
public final class StoredValues {
    private final EntryArray entries;
    private final MemoryRegion data;

    StoredValues(MappedPool pool) {
        this.entries = pool.entries();
        this.data = pool.data();
    }

    /** Version of the key's record. */
    public long version(int ordinal) {
        return RecordLayout.version(data, record(ordinal));
    }

    /** Tag of the value's codec. */
    public byte tag(int ordinal) {
        return isTimed(ordinal)
                ? RecordLayout.expiringTag(data, start(ordinal))
                : RecordLayout.valueTag(data, record(ordinal));
    }

    /** Length of the value. */
    public long length(int ordinal) {
        return RecordLayout.valueLength(data, record(ordinal)) - timeLength(ordinal);
    }

    /** Where the value starts in the data file. */
    public long offset(int ordinal) {
        return start(ordinal) + timeLength(ordinal);
    }

    /** Whether the value ends by itself. */
    public boolean isTimed(int ordinal) {
        return RecordLayout.valueTag(data, record(ordinal)) == RecordLayout.TAG_EXPIRING;
    }

    /** Whether the value's time is over. */
    public boolean isOver(int ordinal) {
        return isTimed(ordinal)
                && RecordLayout.isOver(RecordLayout.expiresMs(data, start(ordinal)));
    }

    /** Offset of the key's record in the data file. */
    long record(int ordinal) {
        return Handle.offset(entries.handle(ordinal));
    }

    private int timeLength(int ordinal) {
        return isTimed(ordinal) ? RecordLayout.EXPIRY_LENGTH : 0;
    }

    private long start(int ordinal) {
        long record = record(ordinal);
        return record + RecordLayout.valueOffset(RecordLayout.keyLength(data, record));
    }
}
