package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Store.Order;
import io.ddict.store.pool.MemoryRegion;
import java.lang.foreign.MemorySegment;

/** A region that tells a sink of every store, in program order. */
final class RecordingRegion extends MemoryRegion {
    private final String file;
    private final StoreSink sink;

    RecordingRegion(MemorySegment segment, String file, StoreSink sink) {
        super(segment);
        this.file = file;
        this.sink = sink;
    }

    @Override
    public void putLong(long offset, long value) {
        super.putLong(offset, value);
        stored(offset, Long.BYTES, Order.PLAIN);
    }

    @Override
    public void putInt(long offset, int value) {
        super.putInt(offset, value);
        stored(offset, Integer.BYTES, Order.PLAIN);
    }

    @Override
    public void putLongRelease(long offset, long value) {
        super.putLongRelease(offset, value);
        stored(offset, Long.BYTES, Order.RELEASE);
    }

    @Override
    public void putLongVolatile(long offset, long value) {
        super.putLongVolatile(offset, value);
        stored(offset, Long.BYTES, Order.VOLATILE);
    }

    @Override
    public boolean compareAndSetLong(long offset, long expected, long value) {
        boolean done = super.compareAndSetLong(offset, expected, value);
        if (done) {
            sink.stored(
                    file, writableSegment(), offset, Long.BYTES, Order.COMPARE_AND_SET, expected);
        }
        return done;
    }

    @Override
    public void copyFrom(long offset, byte[] source, int sourceOffset, int length) {
        super.copyFrom(offset, source, sourceOffset, length);
        stored(offset, length, Order.PLAIN);
    }

    @Override
    public void copyFrom(long offset, MemorySegment source, long sourceOffset, long length) {
        super.copyFrom(offset, source, sourceOffset, length);
        stored(offset, length, Order.PLAIN);
    }

    @Override
    public void written(long offset, long length) {
        stored(offset, length, Order.PLAIN);
    }

    private void stored(long offset, long length, Order order) {
        sink.stored(file, writableSegment(), offset, length, order, 0);
    }
}
