package io.ddict.bench.peers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports on 127.0.0.1 for servers. They lie below those that the kernel gives to outgoing
 * connections, so that nobody gets one by chance before its server listens on it.
 */
final class LocalPorts {
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

    /** That port, for a connection. */
    static InetSocketAddress address(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
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
