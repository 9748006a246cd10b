package io.ddict.bench.peers;

import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers, on 127.0.0.1 or where the property {@value #HOST_PROPERTY} says. They lie below those
 * that the kernel gives to outgoing connections, so that nobody gets one by chance before its server
 * listens on it.
 */
public final class LocalPorts {
    /** System property with the address of this machine at which servers listen. */
    public static final String HOST_PROPERTY = "ddict.bench.host";

    private static final String HOST = System.getProperty(HOST_PROPERTY, "127.0.0.1");
    private static final int FIRST = 16_000;
    private static final int LAST = 32_000;
    private static final int TRIES_MAX = 100;

    private LocalPorts() {}

    /**
     * Finds ports on which nobody listens.
     *
     * @param count how many, one after the other
     * @return the first of them
     * @throws IOException if there are none
     */
    static int free(int count) throws IOException {
        for (int i = 0; i < TRIES_MAX; i++) {
            int first = ThreadLocalRandom.current().nextInt(FIRST, LAST - count);
            if (areFree(first, count)) {
                return first;
            }
        }
        throw new IOException("no free ports: count=" + count + ", tries=" + TRIES_MAX);
    }

    /** The address at which servers listen. */
    static String host() {
        return HOST;
    }

    /** That port, for a connection. */
    static InetSocketAddress address(int port) {
        return new InetSocketAddress(HOST, port);
    }

    /** That port, as text for another process. */
    static String text(int port) {
        return HOST + ":" + port;
    }

    /** What {@link #text} made a text of. */
    static InetSocketAddress parse(String text) {
        NodeAddress address = NodeAddress.parse(text);
        return new InetSocketAddress(address.host(), address.port());
    }

    private static boolean areFree(int first, int count) {
        for (int port = first; port < first + count; port++) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(address(port));
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }
}
