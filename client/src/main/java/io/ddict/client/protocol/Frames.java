package io.ddict.client.protocol;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import org.jspecify.annotations.Nullable;

/*
 * On a connection to another machine a frame may also be a beat: a length of -1 and no body. It says only
 * that the other end is there, and is not handed on.
 */

/** Frames over a socket: any thread may send, one thread receives. */
public final class Frames implements Closeable {
    /** Most bytes of a frame's body. */
    public static final int LENGTH_MAX = 1 << 20;

    /** What stands for a frame's length in a beat. */
    public static final int BEAT = -1;

    private final ByteChannel socket;
    private final boolean hasBeats;
    private final ByteBuffer lengthBuffer = ByteBuffer.allocate(Integer.BYTES);

    private volatile int heard;

    /** Frames over a connected socket in blocking mode, without beats. */
    public Frames(ByteChannel socket) {
        this(socket, false);
    }

    /** Frames over a connected socket in blocking mode. */
    public Frames(ByteChannel socket, boolean hasBeats) {
        this.socket = socket;
        this.hasBeats = hasBeats;
    }

    /** A beat, to send. */
    public static ByteBuffer beat() {
        return ByteBuffer.allocate(Integer.BYTES).putInt(0, BEAT);
    }

    /** A number that changes with everything that is heard of the other end. */
    public int heard() {
        return heard;
    }

    /** Sends what the writer writes. Not for threads that may be interrupted: that ends the socket. */
    public void send(Writer writer) throws IOException {
        send(frame(writer));
    }

    /**
     * Makes a frame of what the writer writes.
     *
     * @throws IOException if it is longer than what the other side takes
     */
    public static ByteBuffer frame(Writer writer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0);
        writer.write(out);
        ByteBuffer frame = ByteBuffer.wrap(bytes.toByteArray());
        checkBody(frame.remaining() - Integer.BYTES);
        return frame.putInt(0, frame.remaining() - Integer.BYTES);
    }

    /** Sends a frame; see {@link #send(Writer)}. */
    public synchronized void send(ByteBuffer frame) throws IOException {
        while (frame.hasRemaining()) {
            socket.write(frame);
        }
    }

    /** The next frame's body, or null at the end. */
    public @Nullable DataInputStream receive() throws IOException {
        int length = BEAT;
        while (length == BEAT) {
            lengthBuffer.clear();
            if (!readFully(lengthBuffer)) {
                return null;
            }
            length = lengthBuffer.getInt(0);
            check(length);
        }
        ByteBuffer body = ByteBuffer.allocate(length);
        if (!readFully(body)) {
            return null;
        }
        return new DataInputStream(new ByteArrayInputStream(body.array()));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void check(int length) throws IOException {
        if (length != BEAT || !hasBeats) {
            checkBody(length);
        }
    }

    private static void checkBody(int length) throws IOException {
        if (length < 0 || length > LENGTH_MAX) {
            throw new IOException(
                    "frame too long: length=" + length + "B, lengthMax=" + LENGTH_MAX + "B");
        }
    }

    private boolean readFully(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) < 0) {
                return false;
            }
            hear();
        }
        return true;
    }

    // Only the thread that receives changes it.
    private void hear() {
        int before = heard;
        heard = before + 1;
    }

    /** Writes a frame's body. */
    public interface Writer {
        /** Writes. */
        void write(DataOutputStream out) throws IOException;
    }
}
