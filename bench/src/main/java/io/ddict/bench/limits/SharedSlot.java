package io.ddict.bench.limits;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/*
 *  offset  length  field
 *  0       8       number of the last message that was written
 *  64      ...     the message
 */

/** A place in shared memory for one message, written by one process and read by another. */
final class SharedSlot {
    /** Bytes of a slot. */
    static final int LENGTH = 512;

    private static final int MESSAGE_OFFSET = 64;
    // So long an answer is on its way; later the other process may need this core to give one.
    private static final int SPINS = 2_000;
    private static final VarHandle NUMBER = JAVA_LONG.varHandle();

    private final MemorySegment slot;

    SharedSlot(MemorySegment slot) {
        this.slot = slot;
    }

    void write(long number, byte[] message) {
        MemorySegment.copy(message, 0, slot, JAVA_BYTE, MESSAGE_OFFSET, message.length);
        // Release: who sees the number must see the message.
        NUMBER.setRelease(slot, 0L, number);
    }

    /** Returns once the message of this number is there. */
    void await(long number, byte[] message) {
        for (int spins = 0; (long) NUMBER.getAcquire(slot, 0L) != number; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        MemorySegment.copy(slot, JAVA_BYTE, MESSAGE_OFFSET, message, 0, message.length);
    }
}
