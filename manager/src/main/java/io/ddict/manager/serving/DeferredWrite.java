package io.ddict.manager.serving;

import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import java.lang.foreign.MemorySegment;

/** A write that waits for the working set to move on: a copy of what its client had staged. */
final class DeferredWrite {
    private static final long NOT_SEALED = -1;

    private final Link link;
    private final MemoryRegion copy;
    private final long correlation;
    private final long checkpoint;
    private final long block;
    private long sealPosition = NOT_SEALED;

    /** Copies an operation; what lies in a block stays there. */
    DeferredWrite(Link link, Operation operation, long inlineValueLength) {
        this.link = link;
        this.correlation = operation.correlation();
        this.checkpoint = operation.checkpoint();
        this.block = operation.block();
        long start = operation.keyOffset() - Operation.HEADER_LENGTH;
        long length = block != 0
                ? Operation.HEADER_LENGTH
                : Operation.length(operation.keyLength(), inlineValueLength);
        MemorySegment bytes = MemorySegment.ofArray(new long[(int) (length + 7) / 8]);
        MemorySegment.copy(operation.region().readOnlySegment(), start, bytes, 0, length);
        this.copy = new MemoryRegion(bytes);
    }

    Link link() {
        return link;
    }

    MemoryRegion copy() {
        return copy;
    }

    long checkpoint() {
        return checkpoint;
    }

    /** Whether it is a link's, and of a correlation; 0 stands for any. */
    boolean isOf(Link other, long otherCorrelation) {
        return link == other && (otherCorrelation == 0 || otherCorrelation == correlation);
    }

    /** First page of the block that it has, or 0. */
    int page() {
        return block == 0 ? 0 : LinkLayout.grantPage(block);
    }

    boolean isSealed() {
        return sealPosition != NOT_SEALED;
    }

    boolean isSealedAt(long position) {
        return sealPosition == position;
    }

    void seal(long position) {
        sealPosition = position;
    }

    /** It was its turn and it has to go on waiting. */
    void unseal() {
        sealPosition = NOT_SEALED;
    }
}
