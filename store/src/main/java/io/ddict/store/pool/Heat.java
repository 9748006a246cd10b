package io.ddict.store.pool;

/*
 * One byte for each entry, which whoever reads its value in place sets, and the manager clears as it goes
 * round looking for values to move: the second chance of Corbató's clock (1968). It is set only where it
 * is not set, so that a value read again and again costs its readers a look. Both may be late or lost: no
 * harm comes of it but a value moved that was not the coldest.
 */

/** Which large values were read of late. Any thread of any process. */
public final class Heat {
    private static final byte COLD = 0;
    private static final byte HOT = 1;

    private final MemoryRegion region;

    Heat(MemoryRegion region) {
        this.region = region;
    }

    static long fileLength(int entriesMax) {
        return (long) PoolFile.HEADER_LENGTH + entriesMax;
    }

    /** Whether the value was read, or written, since it was cooled. */
    public boolean isHot(int ordinal) {
        return region.getByte(offset(ordinal)) != COLD;
    }

    /** Notes that the value is read or written. */
    public void heat(int ordinal) {
        if (!isHot(ordinal)) {
            region.putByte(offset(ordinal), HOT);
        }
    }

    /** Forgets that it was. */
    public void cool(int ordinal) {
        region.putByte(offset(ordinal), COLD);
    }

    private static long offset(int ordinal) {
        return PoolFile.HEADER_LENGTH + ordinal - 1L;
    }
}
