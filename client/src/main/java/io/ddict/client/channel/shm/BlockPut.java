package io.ddict.client.channel.shm;

import java.lang.foreign.MemorySegment;

/** A put of a long value whose block is there, and whose value somebody is writing into it. */
public final class BlockPut {
    final long block;
    final byte valueTag;
    final byte flags;
    private final MemorySegment value;
    // From then on the block is the manager's. One thread at a time.
    boolean isPosted;

    BlockPut(long block, byte valueTag, byte flags, MemorySegment value) {
        this.block = block;
        this.valueTag = valueTag;
        this.flags = flags;
        this.value = value;
    }

    /** Where the value is to be written, in full. */
    public MemorySegment value() {
        return value;
    }
}
