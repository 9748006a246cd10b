package io.ddict.client.wire;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/*
 * A channel that blocks knows no timeout. So as long as it matters the channel is one that does not, and this
 * waits.
 */

/** A socket that is waited for until a time. Of one thread; an interrupt ends the waiting, and the socket. */
public final class TimedSocket implements AutoCloseable {
    private final SocketChannel socket;
    private final long endNs;
    private final Selector selector;
    private final SelectionKey selected;

    /**
     * Has a connected socket not block, until this is closed.
     *
     * @param endNs of {@link System#nanoTime()}
     */
    public TimedSocket(SocketChannel socket, long endNs) throws IOException {
        this.socket = socket;
        this.endNs = endNs;
        socket.configureBlocking(false);
        this.selector = Selector.open();
        this.selected = socket.register(selector, 0);
    }

    /** The socket. */
    public SocketChannel socket() {
        return socket;
    }

    /**
     * Waits until something can be read.
     *
     * @throws SocketTimeoutException if the time is over
     */
    public void awaitReadable() throws IOException {
        await(SelectionKey.OP_READ);
    }

    /**
     * Waits until something can be written.
     *
     * @throws SocketTimeoutException if the time is over
     */
    public void awaitWritable() throws IOException {
        await(SelectionKey.OP_WRITE);
    }

    private void await(int operation) throws IOException {
        selected.interestOps(operation);
        long leftMs = (endNs - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0) {
            throw new SocketTimeoutException("the other end said nothing in time");
        }
        selector.select(leftMs);
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            socket.close();
            throw new ClosedByInterruptException();
        }
    }

    /** Has the socket block again, if it is still open. */
    @Override
    public void close() throws IOException {
        selector.close();
        if (socket.isOpen()) {
            socket.configureBlocking(true);
        }
    }
}
