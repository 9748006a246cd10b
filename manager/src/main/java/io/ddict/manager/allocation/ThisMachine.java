package io.ddict.manager.allocation;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this machine is called, how it is reached, and how this process was started on it. */
public final class ThisMachine {
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final Path COMMAND = Path.of("/proc/self/cmdline");

    // Of no meaning: nothing is sent.
    private static final int PORT = 9;

    private ThisMachine() {}

    /** Its name. */
    public static String hostName() throws IOException {
        return Files.readString(HOST_NAME).strip();
    }

    /**
     * The address of its network that leads to a host.
     *
     * @param otherwise what it is if the host's name means nothing here
     */
    public static String addressToward(String host, String otherwise) {
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

    /** The command that started this process, with all its arguments. */
    public static List<String> command() throws IOException {
        String line = Files.readString(COMMAND);
        return List.of(line.substring(0, line.length() - 1).split("\0", -1));
    }
}
