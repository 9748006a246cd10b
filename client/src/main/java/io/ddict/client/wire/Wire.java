package io.ddict.client.wire;

import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;

/*
 * An abstract class with two implementations, so that a call of it costs next to nothing: in a process that
 * has loaded only one of them it is none.
 */

/**
 * A connected socket, and what is between it and who uses it. Blocks as the socket does. Safe for one thread
 * that reads beside one that writes.
 */
public abstract sealed class Wire implements ByteChannel permits PlainWire, TlsWire {
    private final SocketChannel socket;

    Wire(SocketChannel socket) {
        this.socket = socket;
    }

    /** The socket as it is. */
    public static Wire plain(SocketChannel socket) {
        return new PlainWire(socket);
    }

    /**
     * The socket with TLS, once both ends have shaken hands.
     *
     * @param socket of a connection to a service
     * @param address of the service, which its certificate has to name
     * @throws WireRefusedException if one of the two refuses the other
     */
    public static Wire encrypted(TimedSocket socket, NodeAddress address, TlsContext context)
            throws IOException {
        return TlsWire.connect(socket, address, context);
    }

    /** The socket below, for selectors. */
    public final SocketChannel socket() {
        return socket;
    }

    /**
     * Reads what there is.
     *
     * @return number of bytes; 0 if nothing came on a socket that does not block; -1 at the end
     */
    @Override
    public abstract int read(ByteBuffer target) throws IOException;

    /**
     * Writes what there is room for. What was taken goes out before what comes later.
     *
     * @return number of bytes that were taken; 0 if there was no room on a socket that does not block
     */
    @Override
    public abstract int write(ByteBuffer source) throws IOException;

    /** As the other, of two buffers in a row. */
    public abstract long write(ByteBuffer first, ByteBuffer second) throws IOException;

    /** Whether something that was taken is still to go out, with the next write, be that of nothing. */
    public abstract boolean isBehind();

    @Override
    public final boolean isOpen() {
        return socket.isOpen();
    }

    /** Ends the connection, at once. */
    @Override
    public final void close() throws IOException {
        socket.close();
    }
}
