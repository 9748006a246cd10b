package io.ddict.client.channel;

import io.ddict.store.pool.RecordLayout;

/** Where a record was found: plain fields, set by the channel that looked for it. One thread. */
public final class FoundRecord {
    /** Ordinal of the key's entry. */
    public int ordinal;

    /** Generation of the entry when the record was found; what a read validates against. */
    public long generation;

    /** Offset of the record in the data file. */
    public long offset;

    /** Offset of the value in the data file. */
    public long valueOffset;

    /** Length of the value in bytes. */
    public long valueLength;

    /** Tag of the value's codec. */
    public byte valueTag;

    /** Version of the record. */
    public long version;

    /** When the value ends, in milliseconds since 1970; 0 if it does not by itself. */
    public long expiresMs;

    FoundRecord() {}

    /** Whether the value's time is over. */
    public boolean isOver() {
        return expiresMs != 0 && RecordLayout.isOver(expiresMs);
    }
}
