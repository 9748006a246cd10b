package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What entries hold, as readers see it: a value's own time is not part of it. The manager's thread. */
public final class StoredValues {
    private final EntryArray entries;
    private final MemoryRegion data;
    private final @Nullable MemoryRegion spill;
    private final Borrowed borrowed;

    StoredValues(MappedPool pool, Borrowed borrowed) {
        this.entries = pool.entries();
        this.data = pool.data();
        this.spill = pool.spill();
        this.borrowed = borrowed;
    }

    /** Version of the key's record. */
    public long version(int ordinal) {
        return RecordLayout.version(data, record(ordinal));
    }

    /** Tag of the value's codec. */
    public byte tag(int ordinal) {
        return isTimed(ordinal)
                ? RecordLayout.expiringTag(data, time(ordinal))
                : storedTag(ordinal);
    }

    /** Length of the value. */
    public long length(int ordinal) {
        long stored = isAway(ordinal)
                ? RecordLayout.awayLength(data, start(ordinal))
                : RecordLayout.valueLength(data, record(ordinal));
        return stored - timeLength(ordinal);
    }

    /** The 64-bit integer that the value is. */
    public long integer(int ordinal) {
        return data.getLong(start(ordinal) + timeLength(ordinal));
    }

    /** The value's bytes; of one on a disk it is read when they are looked at. */
    public MemorySegment bytes(int ordinal) {
        long stored = isAway(ordinal)
                ? RecordLayout.awayOffset(data, start(ordinal))
                : start(ordinal);
        return region(ordinal).readOnlySegment()
                .asSlice(stored + timeLength(ordinal), length(ordinal));
    }

    /** Whether the value ends by itself. */
    public boolean isTimed(int ordinal) {
        return storedTag(ordinal) == RecordLayout.TAG_EXPIRING;
    }

    /** Whether the value's time is over. */
    public boolean isOver(int ordinal) {
        return isTimed(ordinal)
                && RecordLayout.isOver(RecordLayout.expiresMs(data, time(ordinal)));
    }

    /** Offset of the key's record in the data file. */
    long record(int ordinal) {
        return Handle.offset(entries.handle(ordinal));
    }

    // Where the value is.
    private MemoryRegion region(int ordinal) {
        return switch (RecordLayout.valueTag(data, record(ordinal))) {
            case RecordLayout.TAG_SPILLED -> Objects.requireNonNull(spill);
            case RecordLayout.TAG_LENT -> Objects.requireNonNull(borrowed.of(ordinal)).region();
            default -> data;
        };
    }

    // The tag of the value wherever it is, as it was put.
    private byte storedTag(int ordinal) {
        return isAway(ordinal)
                ? RecordLayout.awayTag(data, start(ordinal))
                : RecordLayout.valueTag(data, record(ordinal));
    }

    // Where it says when a timed value ends.
    private long time(int ordinal) {
        return start(ordinal) + (isAway(ordinal) ? RecordLayout.SPILLED_LENGTH : 0);
    }

    private boolean isAway(int ordinal) {
        return RecordLayout.isAway(RecordLayout.valueTag(data, record(ordinal)));
    }

    private int timeLength(int ordinal) {
        return isTimed(ordinal) ? RecordLayout.EXPIRY_LENGTH : 0;
    }

    private long start(int ordinal) {
        long record = record(ordinal);
        return record + RecordLayout.valueOffset(RecordLayout.keyLength(data, record));
    }
}
