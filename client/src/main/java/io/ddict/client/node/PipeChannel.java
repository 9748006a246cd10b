package io.ddict.client.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/**
 * The two pipes of a process as a channel. Closing ends what the process reads, and it then ends what it
 * writes.
 */
final class PipeChannel implements ByteChannel {
    private final ReadableByteChannel in;
    private final OutputStream out;
    private volatile boolean closed;

    PipeChannel(InputStream in, OutputStream out) {
        this.in = Channels.newChannel(in);
        this.out = out;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return in.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int length = source.remaining();
        byte[] bytes = new byte[length];
        source.get(bytes);
        out.write(bytes);
        out.flush();
        return length;
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
