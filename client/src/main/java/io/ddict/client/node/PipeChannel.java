package io.ddict.client.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/*
 * What the process reads is bytes as they are. What it writes is lines of Base64: srun passes output on when
 * a line is whole, and other lines, of shells or a JVM that warn, can be told from them.
 */

/**
 * The two pipes of a process as a channel. Closing ends what the process reads, and it then ends what it
 * writes. One thread reads, one writes.
 */
public final class PipeChannel implements ByteChannel {
    private static final String START = "ddict-session:";

    private final BufferedReader in;
    private final OutputStream out;
    private ByteBuffer decoded = ByteBuffer.allocate(0);
    private volatile boolean closed;

    PipeChannel(InputStream in, OutputStream out) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
        this.out = out;
    }

    /** The line by which the process writes bytes. */
    public static byte[] line(byte[] bytes) {
        return (START + Base64.getEncoder().encodeToString(bytes) + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (!decoded.hasRemaining()) {
            String line = in.readLine();
            if (line == null) {
                return -1;
            }
            if (line.startsWith(START)) {
                decoded = decoded(line.substring(START.length()).strip());
            }
        }
        int length = Math.min(target.remaining(), decoded.remaining());
        target.put(decoded.slice(decoded.position(), length));
        decoded.position(decoded.position() + length);
        return length;
    }

    private static ByteBuffer decoded(String text) throws IOException {
        try {
            return ByteBuffer.wrap(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw new IOException("line of a session is damaged", e);
        }
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        out.write(bytes);
        out.flush();
        return bytes.length;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        out.close();
    }
}
