package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import java.util.concurrent.atomic.AtomicInteger;

/** A value in a block of one pool that entries of others may refer to. Safe from any thread. */
public final class Loan {
    private final Loans lender;
    private final int page;
    private final long version;
    private final int keyLength;
    private final byte keyTag;
    private final long valueLength;
    private final byte valueTag;
    private final AtomicInteger holders;
    // Position of the operation that ended the lender's own part; before all, if that was a predecessor's.
    private long endedAt;

    /** Makes the loan of the record in a block of the lender's, held by so many. */
    Loan(Loans lender, int page, int holders) {
        MemoryRegion data = lender.data();
        long offset = Handle.offset(Handle.block(page));
        this.lender = lender;
        this.page = page;
        this.version = RecordLayout.version(data, offset);
        this.keyLength = RecordLayout.keyLength(data, offset);
        this.keyTag = RecordLayout.keyTag(data, offset);
        this.valueLength = RecordLayout.valueLength(data, offset);
        this.valueTag = RecordLayout.valueTag(data, offset);
        this.holders = new AtomicInteger(holders);
    }

    /**
     * Whether it is a value that can be lent, which so many pages have room for. Clients can write where its
     * header is: only what was read once counts.
     */
    boolean isSound(int pagesMax) {
        return valueTag >= 0
                && SizeClasses.isSmall(keyLength, RecordLayout.LENT_LENGTH)
                && pages() <= pagesMax;
    }

    /** Whether it is of the key whose bytes are in a region. */
    boolean isOf(byte tag, MemoryRegion region, long keyOffset, int length) {
        return tag == keyTag
                && length == keyLength
                && RecordLayout.keyEquals(
                        lender.data(), Handle.offset(Handle.block(page)), region, keyOffset,
                        length);
    }

    /** Gives it back, once for each time that it was borrowed; the last one tells the lender. */
    void giveBack() {
        if (holders.decrementAndGet() == 0) {
            lender.ended(this);
        }
    }

    /** Whether somebody held it, who now is one of one more. */
    boolean tryHold() {
        int held = holders.get();
        while (held > 0 && !holders.compareAndSet(held, held + 1)) {
            held = holders.get();
        }
        return held > 0;
    }

    /** One more holds it; on the lender's thread, while its own entry does, or before its manager starts. */
    void hold() {
        holders.incrementAndGet();
    }

    /** The owner's part ends, by the operation at a position; whether nobody else holds it. */
    boolean isEndedByOwner(long position) {
        endedAt = position;
        return holders.decrementAndGet() == 0;
    }

    /** Whether nobody but the owner's entry held it, which from now on is no loan any more. */
    boolean isOwnersAlone() {
        return holders.compareAndSet(1, 0);
    }

    /** First page of the block. */
    int page() {
        return page;
    }

    /** Pages that the record takes. */
    long pages() {
        return Math.ceilDiv(
                RecordLayout.length(keyLength, valueLength), PoolGeometry.PAGE_LENGTH);
    }

    /** From when on no reader of the lender can find it any more. */
    long endedAt() {
        return endedAt;
    }

    /** Version of the record that the value is part of. */
    long version() {
        return version;
    }

    /** The lender's data. */
    MemoryRegion region() {
        return lender.data();
    }

    /** Writes what stands in place of the value. */
    void write(MemoryRegion data, long offset) {
        long valueOffset =
                Handle.offset(Handle.block(page)) + RecordLayout.valueOffset(keyLength);
        RecordLayout.writeLent(
                data, offset, valueOffset, valueLength, valueTag, lender.number(), version);
    }
}
