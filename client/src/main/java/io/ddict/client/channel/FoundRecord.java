package io.ddict.client.channel;

import io.ddict.store.pool.RecordLayout;

/** Where a record was found: plain fields, set by the channel that looked for it. One thread. */
public final class FoundRecord {
    /** In place of when the value ends: it does not by itself. */
    public static final long ENDLESS = 0;

    /** Added to when the value ends if it is not in the data file. */
    public static final long AWAY = Long.MIN_VALUE;

    /** In place of the lender of a value that is on a disk. */
    public static final int NO_LENDER = -1;

    /** Ordinal of the key's entry. */
    public int ordinal;

    /** Generation of the entry when the record was found; what a read validates against. */
    public long generation;

    /** Offset of the record in the data file. */
    public long offset;

    /** Offset of the value in the data file, or in that on a disk, or in the lender's. */
    public long valueOffset;

    /** Number of the manager whose pool has the value, if it is away and lent. */
    public int lender;

    /** Length of the value in bytes. */
    public long valueLength;

    /** Tag of the value's codec. */
    public byte valueTag;

    /** Version of the record. */
    public long version;

    /** When the value ends, in milliseconds since 1970, or {@link #ENDLESS}; with {@link #AWAY} or not. */
    public long expiresMs;

    FoundRecord() {}

    /** Whether the value's time is over. */
    public boolean isOver() {
        long endsMs = expiresMs & ~AWAY;
        return endsMs != ENDLESS && RecordLayout.isOver(endsMs);
    }

    /** Whether the value is not in the data file: on a disk, or lent. */
    public boolean isAway() {
        return expiresMs < 0;
    }
}
