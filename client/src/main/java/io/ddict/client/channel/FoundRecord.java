package io.ddict.client.channel;

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

    FoundRecord() {}
}
