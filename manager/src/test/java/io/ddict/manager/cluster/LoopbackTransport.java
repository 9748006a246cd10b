package io.ddict.manager.cluster;

import io.ddict.client.protocol.NodeAddress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/**
 * Requests and replies over TCP connections of the loopback address, which are used again. Links to other
 * nodes can be cut for a while.
 */
final class LoopbackTransport implements ControlTransport, AutoCloseable {
    private static final int LENGTH_MAX = 64 << 20;

    private final ServerSocket server;
    private final Map<NodeAddress, Queue<Socket>> idle = new ConcurrentHashMap<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<NodeAddress> cut = ConcurrentHashMap.newKeySet();
    private volatile UnaryOperator<byte[]> handler = request -> new byte[0];
    private volatile UnaryOperator<byte[]> tampering = reply -> reply;

    LoopbackTransport() throws IOException {
        server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    NodeAddress address() {
        return new NodeAddress("127.0.0.1", server.getLocalPort());
    }

    void serve(UnaryOperator<byte[]> newHandler) {
        handler = newHandler;
    }

    /** Changes all replies that this node gets. */
    void tamper(UnaryOperator<byte[]> change) {
        tampering = change;
    }

    /** Calls to the node fail from now on, or do not any more. */
    void cut(NodeAddress to, boolean isCut) {
        if (isCut) {
            cut.add(to);
        } else {
            cut.remove(to);
        }
    }

    @Override
    public byte[] call(NodeAddress to, byte[] request, Duration timeout) throws IOException {
        if (cut.contains(to)) {
            throw new SocketTimeoutException("link is cut: to=" + to);
        }
        Queue<Socket> sockets = idle.computeIfAbsent(to, n -> new ConcurrentLinkedQueue<>());
        Socket socket = sockets.poll();
        if (socket == null) {
            socket = connect(to, timeout);
        }
        try {
            socket.setSoTimeout((int) Math.max(1, timeout.toMillis()));
            send(socket, request);
            byte[] reply = receive(socket);
            sockets.add(socket);
            return tampering.apply(reply);
        } catch (IOException e) {
            close(socket);
            throw e;
        }
    }

    private Socket connect(NodeAddress to, Duration timeout) throws IOException {
        Socket socket = new Socket();
        open.add(socket);
        socket.setTcpNoDelay(true);
        socket.connect(
                new InetSocketAddress(to.host(), to.port()), (int) Math.max(1, timeout.toMillis()));
        return socket;
    }

    private static void send(Socket socket, byte[] bytes) throws IOException {
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        byte[] frame = new byte[Integer.BYTES + bytes.length];
        ByteBuffer.wrap(frame).putInt(bytes.length).put(bytes);
        out.write(frame);
    }

    private static byte[] receive(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        int length = in.readInt();
        if (length < 0 || length > LENGTH_MAX) {
            throw new IOException("frame too long: length=" + length);
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> answer(socket));
            }
        } catch (IOException e) {
            // The server socket was closed.
        }
    }

    private void answer(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            while (true) {
                send(socket, handler.apply(receive(socket)));
            }
        } catch (IOException e) {
            close(socket);
        }
    }

    private void close(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // It is not used any more.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        open.forEach(this::close);
    }
}
