package io.ddict.store;

import io.ddict.store.pool.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/** Makes regions that end their writer after a number of stores, as a kill would: half-way. */
final class CrashingRegions implements Function<MemorySegment, MemoryRegion> {
    /** The writer ended here. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;

        Crash() {
            super("killed", null, false, false);
        }
    }

    private long storesLeft = Long.MAX_VALUE;

    /** Lets so many more stores happen. */
    void crashAfter(long stores) {
        storesLeft = stores;
    }

    @Override
    public MemoryRegion apply(MemorySegment segment) {
        return new Region(segment);
    }

    private final class Region extends MemoryRegion {
        Region(MemorySegment segment) {
            super(segment);
        }

        private void store() {
            if (storesLeft-- <= 0) {
                throw new Crash();
            }
        }

        @Override
        public void putLong(long offset, long value) {
            store();
            super.putLong(offset, value);
        }

        @Override
        public void putInt(long offset, int value) {
            store();
            super.putInt(offset, value);
        }

        @Override
        public void putLongRelease(long offset, long value) {
            store();
            super.putLongRelease(offset, value);
        }

        @Override
        public void putLongVolatile(long offset, long value) {
            store();
            super.putLongVolatile(offset, value);
        }

        @Override
        public boolean compareAndSetLong(long offset, long expected, long value) {
            store();
            return super.compareAndSetLong(offset, expected, value);
        }

        @Override
        public void copyFrom(long offset, byte[] source, int sourceOffset, int length) {
            super.copyFrom(offset, source, sourceOffset, length / 2);
            store();
            super.copyFrom(offset, source, sourceOffset, length);
        }

        @Override
        public void copyFrom(long offset, MemorySegment source, long sourceOffset, long length) {
            super.copyFrom(offset, source, sourceOffset, length / 2);
            store();
            super.copyFrom(offset, source, sourceOffset, length);
        }
    }
}
