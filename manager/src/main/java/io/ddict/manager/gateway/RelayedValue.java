package io.ddict.manager.gateway;

import io.ddict.client.codec.PartCodec;
import io.ddict.client.codec.Scratch;
import java.lang.foreign.MemorySegment;

/*
 * The value lies where the first manager of this node will have it, and is read from there while it still
 * comes in. That memory is this node's to read until the manager is told of the value, so before that this is
 * closed, and whoever reads too late gets an error and no bytes.
 */

/** A value that is still coming, as a codec that writes what has come of it. Safe from any thread. */
final class RelayedValue implements PartCodec<RelayedValue> {
    private final byte tag;
    private final MemorySegment bytes;
    // Guarded by this.
    private long arrived;
    private boolean closed;

    RelayedValue(byte tag, MemorySegment bytes) {
        this.tag = tag;
        this.bytes = bytes;
    }

    /** So much of it is there. */
    synchronized void arrived(long count) {
        arrived = count;
        notifyAll();
    }

    /** Nobody reads it from now on; who waits for more of it has an error. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    @Override
    public byte tag() {
        return tag;
    }

    @Override
    public long prepare(RelayedValue value, Scratch scratch) {
        return bytes.byteSize();
    }

    @Override
    public void write(
            RelayedValue value, Scratch scratch, MemorySegment target, long offset) {
        writePart(value, 0, bytes.byteSize(), target, offset);
    }

    // Whoever copies holds up the others, for some microseconds: nothing is read once it is closed.
    @Override
    public synchronized void writePart(
            RelayedValue value, long from, long length, MemorySegment target, long offset) {
        boolean interrupted = false;
        while (arrived < from + length && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (closed) {
            throw new EndedException();
        }
        MemorySegment.copy(bytes, from, target, offset, length);
    }

    @Override
    public RelayedValue read(MemorySegment source, long offset, long length) {
        throw new UnsupportedOperationException("relayed values are not read");
    }

    /** The value's bytes are not to be had any more, or never came. */
    static final class EndedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EndedException() {
            super("value has ended", null, false, false);
        }
    }
}
