package io.ddict.client.channel.shm;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Scratch;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.MemorySegment;

/**
 * Where a value is that one manager has, for others of its node to refer to.
 *
 * @param lender number of that manager
 * @param page first page of the value's block
 * @param version of the value's record
 */
record LentBlock(int lender, int page, long version) {
    /** Writes it into the PUT that tells another manager. */
    static final Codec<LentBlock> CODEC = new Codec<>() {
        @Override
        public byte tag() {
            return RecordLayout.TAG_LENT;
        }

        @Override
        public long prepare(LentBlock block, Scratch scratch) {
            return RecordLayout.LENT_LENGTH;
        }

        @Override
        public void write(LentBlock block, Scratch scratch, MemorySegment target, long offset) {
            target.asSlice(offset, RecordLayout.LENT_LENGTH).fill((byte) 0);
            target.set(
                    JAVA_LONG_UNALIGNED, offset, Operation.lent(block.lender(), block.page()));
            target.set(JAVA_LONG_UNALIGNED, offset + Long.BYTES, block.version());
        }

        @Override
        public LentBlock read(MemorySegment source, long offset, long length) {
            throw new UnsupportedOperationException("readers follow it");
        }
    };
}
