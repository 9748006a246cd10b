package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that a node service started, as it tells of it.
 *
 * @param number its number in the service; never used again
 * @param processId its number in the operating system
 * @param host name of the machine it runs on
 * @param command the executable and its arguments
 * @param end how it ended; null while it runs
 */
public record ProcessEntry(
        long number,
        String name,
        long processId,
        String host,
        List<String> command,
        @Nullable ProcessEnd end) {
    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeLong(number);
        Fields.writeText(out, name);
        out.writeLong(processId);
        Fields.writeText(out, host);
        Fields.writeTexts(out, command);
        out.writeBoolean(end != null);
        if (end != null) {
            end.write(out);
        }
    }

    /** Reads it. */
    public static ProcessEntry read(DataInputStream in) throws IOException {
        return new ProcessEntry(
                in.readLong(), Fields.readText(in), in.readLong(), Fields.readText(in),
                Fields.readTexts(in),
                in.readBoolean() ? ProcessEnd.read(in) : null);
    }
}
