package io.ddict.pool;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/** Standard input of a process that this program writes. */
final class PipedInput extends OutputStream {
    private static final int PIECE_LENGTH = 64 << 10;

    private final Writer writer;
    private boolean closed;

    PipedInput(Writer writer) {
        this.writer = writer;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[]{(byte) value}, 0, 1);
    }

    /** Returns when the process's pipe has it, so blocks while the process does not read. */
    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        int end = Objects.checkFromIndexSize(offset, length, bytes.length) + length;
        if (closed) {
            throw new IOException("stream is closed");
        }
        for (int from = offset; from < end; from += PIECE_LENGTH) {
            writer.write(Arrays.copyOfRange(bytes, from, Math.min(end, from + PIECE_LENGTH)));
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            writer.write(new byte[0]);
        }
    }

    /** Sends bytes, or the end if there are none. */
    interface Writer {
        void write(byte[] bytes) throws IOException;
    }
}
