package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * How a process ended.
 *
 * @param exitCode what it returned, or 128 and the number of the signal that ended it
 * @param report result or failure of a Java process; empty for others
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record ProcessEnd(int exitCode, byte[] report) {
    private static final int SIGNALLED = 128;
    private static final int SIGNAL_MAX = 64;

    /** The signal that ended it; 0 if none did. */
    public int signal() {
        return exitCode > SIGNALLED && exitCode <= SIGNALLED + SIGNAL_MAX
                ? exitCode - SIGNALLED
                : 0;
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeInt(exitCode);
        Fields.writeBytes(out, report);
    }

    /** Reads it. */
    public static ProcessEnd read(DataInputStream in) throws IOException {
        return new ProcessEnd(in.readInt(), Fields.readBytes(in));
    }
}
