package io.ddict.manager.system;

import java.nio.ByteBuffer;

/*
 * Records of 24 bytes in a pipe, each written by one system call: what is in the pipe was said before
 * its writer was killed, whole.
 *
 *   offset  field
 *   0       what (8) | thread (8) | spare (16) | key (32)
 *   8       seed of the value; number of the counter; time
 *   16      length of the value; number to add
 */

/** What a writing process tells its parent before and after each call. */
final class Journal {
    /** Bytes of a record. */
    static final int RECORD_LENGTH = 24;

    private static final What[] VALUES = What.values();

    private final Parent parent;
    private final int thread;
    private final ByteBuffer record = ByteBuffer.allocate(RECORD_LENGTH);

    Journal(Parent parent, int thread) {
        this.parent = parent;
        this.thread = thread;
    }

    void write(What what, int key, long first, long second) {
        record.clear();
        record.put((byte) what.ordinal()).put((byte) thread).putShort((short) 0);
        record.putInt(key).putLong(first).putLong(second);
        parent.write(record.array());
    }

    static What what(ByteBuffer record) {
        return VALUES[record.get(0)];
    }

    static int thread(ByteBuffer record) {
        return record.get(1);
    }

    static int key(ByteBuffer record) {
        return record.getInt(4);
    }

    static long first(ByteBuffer record) {
        return record.getLong(8);
    }

    static long second(ByteBuffer record) {
        return record.getLong(16);
    }

    /** What a record says. */
    enum What {
        /** The handle is open, and the work begins. */
        READY,
        /** A put of seed and length comes. */
        PUT,
        /** A removal comes. */
        REMOVE,
        /** An addition comes: first the counter, second what is added. */
        ADD,
        /** The thread's call is done. */
        DONE,
        /** The thread's call was refused: nothing changed. */
        REFUSED,
        /** The thread has ended as the manager was lost; first is the time. */
        LOST,
        /** A call met something that must not be; the text is on standard error. */
        FAILED
    }
}
