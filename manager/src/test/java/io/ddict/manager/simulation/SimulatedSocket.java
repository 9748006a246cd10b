package io.ddict.manager.simulation;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A client's end of a simulated connection, which does not block but to connect. */
final class SimulatedSocket extends SocketChannel {
    private final SimulatedNetwork network;
    private final List<SimulatedSelector> selectors = new ArrayList<>();
    private SimulatedNetwork.Connection connection;

    SimulatedSocket(SimulatedNetwork network) {
        super(null);
        this.network = network;
    }

    /** Tells a selector when something may be ready. */
    void watch(SimulatedSelector selector) {
        selectors.add(selector);
    }

    private void look() {
        selectors.forEach(SimulatedSelector::look);
    }

    /** What can be done at once. */
    int ready() {
        return (connection.down.isReadable() ? SelectionKey.OP_READ : 0)
                | (connection.up.isWritable() ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public Socket socket() {
        try {
            return new Adaptor();
        } catch (SocketException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Adaptor extends Socket {
        Adaptor() throws SocketException {
            super((SocketImpl) null);
        }

        @Override
        public void connect(SocketAddress address, int timeoutMs) throws IOException {
            connection = network.connect(address, TimeUnit.MILLISECONDS.toNanos(timeoutMs));
            connection.down.onReadable(SimulatedSocket.this::look);
            connection.up.onWritable(SimulatedSocket.this::look);
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        checkOpen();
        return connection.down.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        checkOpen();
        return connection.up.write(source);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        long count = 0;
        for (int index = offset; index < offset + length; index++) {
            count += write(sources[index]);
            if (sources[index].hasRemaining()) {
                break;
            }
        }
        return count;
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    protected void implCloseSelectableChannel() {
        if (connection != null) {
            connection.closeByClient();
        }
        look();
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // It does not in any case.
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
        return this;
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }

    @Override
    public boolean isConnected() {
        return connection != null;
    }

    @Override
    public boolean isConnectionPending() {
        return false;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel bind(SocketAddress local) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean connect(SocketAddress remote) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean finishConnect() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel shutdownInput() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel shutdownOutput() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketAddress getRemoteAddress() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketAddress getLocalAddress() {
        throw new UnsupportedOperationException();
    }
}
