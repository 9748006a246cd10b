package io.ddict.pool;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.function.IntConsumer;

/** One stream of a process that this program reads. For any threads, one after the other. */
final class PipedOutput extends InputStream implements ProcessOutput {
    // Acknowledged not for each byte, but well before the window is used up.
    private static final int CREDIT_STEP = 64 << 10;

    private final IntConsumer credit;
    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int offset;
    private int unacknowledged;
    private boolean ended;
    private boolean lost;
    private boolean closed;

    PipedOutput(IntConsumer credit) {
        this.credit = credit;
    }

    @Override
    public synchronized void take(byte[] piece) {
        if (closed) {
            credit.accept(piece.length);
        } else {
            pieces.add(piece);
            notifyAll();
        }
    }

    @Override
    public synchronized void end() {
        ended = true;
        notifyAll();
    }

    @Override
    public synchronized void lost() {
        if (!ended) {
            lost = true;
            notifyAll();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public synchronized int read(byte[] target, int start, int length) throws IOException {
        int _ = Objects.checkFromIndexSize(start, length, target.length);
        if (length == 0) {
            return 0;
        }
        awaitPiece();
        byte[] piece = pieces.peek();
        if (piece == null) {
            return -1;
        }
        int count = Math.min(length, piece.length - offset);
        java.lang.System.arraycopy(piece, offset, target, start, count);
        offset += count;
        if (offset == piece.length) {
            byte[] _ = pieces.remove();
            offset = 0;
        }
        acknowledge(count);
        return count;
    }

    private void awaitPiece() throws IOException {
        try {
            while (pieces.isEmpty() && !ended && !lost && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        }
        if (closed) {
            throw new IOException("stream is closed");
        }
        if (lost && pieces.isEmpty()) {
            throw new IOException("node service ended, and the process with it");
        }
    }

    private void acknowledge(int count) {
        unacknowledged += count;
        if (unacknowledged >= CREDIT_STEP || pieces.isEmpty()) {
            credit.accept(unacknowledged);
            unacknowledged = 0;
        }
    }

    @Override
    public synchronized int available() {
        byte[] piece = pieces.peek();
        return piece == null ? 0 : piece.length - offset;
    }

    /** Throws away what comes from now on: the process does not wait for a reader. */
    @Override
    public synchronized void close() {
        closed = true;
        int left = unacknowledged - offset;
        for (byte[] each : pieces) {
            left += each.length;
        }
        pieces.clear();
        if (left > 0) {
            credit.accept(left);
        }
        unacknowledged = 0;
        offset = 0;
        notifyAll();
    }
}
