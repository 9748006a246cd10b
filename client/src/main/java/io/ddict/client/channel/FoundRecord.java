package io.ddict.client.channel;

import io.ddict.store.pool.RecordLayout;

/** Where a record was found: plain fields, set by the channel that looked for it. One thread. */
public final class FoundRecord {
    /** In place of when the value ends: it does not by itself. */
    public static final long ENDLESS = 0;

    /** Added to when the value ends if it is on a disk. */
    public static final long SPILLED = Long.MIN_VALUE;

    /** Ordinal of the key's entry. */
    public int ordinal;

    /** Generation of the entry when the record was found; what a read validates against. */
    public long generation;

    /** Offset of the record in the data file. */
    public long offset;

    /** Offset of the value in the data file, or in that on a disk. */
    public long valueOffset;

    /** Length of the value in bytes. */
    public long valueLength;

    /** Tag of the value's codec. */
    public byte valueTag;

    /** Version of the record. */
    public long version;

    /** When the value ends, in milliseconds since 1970, or {@link #ENDLESS}; with {@link #SPILLED} or not. */
    public long expiresMs;

    FoundRecord() {}

    /** Whether the value's time is over. */
    public boolean isOver() {
        long endsMs = expiresMs & ~SPILLED;
        return endsMs != ENDLESS && RecordLayout.isOver(endsMs);
    }

    /** Whether the value is on a disk. */
    public boolean isSpilled() {
        return expiresMs < 0;
    }
}
