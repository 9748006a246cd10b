package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What came of a command.
 *
 * @param code whether it was done, or why not
 * @param value of one that was done: the number of who joined, the epoch of what was registered, else 0
 * @param text more about a refusal, {@code name=value, ...}
 */
record Outcome(Code code, long value, String text) {
    /** Whether it was done, or why not; append only. */
    enum Code {
        /** It was done, now or when the command came first. */
        DONE,
        /** A living dictionary has the name. */
        NAME_TAKEN,
        /** A seat is not that of a living member. */
        SEAT_DEAD,
        /** Who commands is not alive any more. */
        MEMBER_DEAD,
        /** A later command of the same member was seen already: this one comes too late. */
        TOO_LATE,
        /** There is no such dictionary. */
        NO_DICTIONARY,
        /** A limit is reached. */
        FULL
    }

    private static final Code[] CODES = Code.values();

    /** Done. */
    static Outcome done(long value) {
        return new Outcome(Code.DONE, value, "");
    }

    /** Refused. */
    static Outcome refused(Code code, String text) {
        return new Outcome(code, 0, text);
    }

    boolean isDone() {
        return code == Code.DONE;
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        out.writeByte(code.ordinal());
        out.writeLong(value);
        Fields.writeText(out, text);
    }

    /** Reads it. */
    static Outcome read(DataInputStream in) throws IOException {
        int code = in.readUnsignedByte();
        if (code >= CODES.length) {
            throw new IOException("unknown outcome: code=" + code);
        }
        return new Outcome(CODES[code], in.readLong(), Fields.readText(in));
    }
}
