package io.ddict.manager.allocation;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;

/** By which address this machine is reached from another one. */
public final class OwnAddress {
    // Of no meaning: nothing is sent.
    private static final int PORT = 9;

    private OwnAddress() {}

    /**
     * The address of the network that leads to a host.
     *
     * @param otherwise what it is if the host's name means nothing here
     */
    public static String toward(String host, String otherwise) {
        InetSocketAddress other = new InetSocketAddress(host, PORT);
        if (other.isUnresolved()) {
            return otherwise;
        }
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(other);
            return socket.getLocalAddress().getHostAddress();
        } catch (IOException | RuntimeException e) {
            return otherwise;
        }
    }
}
