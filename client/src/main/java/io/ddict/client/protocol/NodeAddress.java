package io.ddict.client.protocol;

import java.util.Objects;

/**
 * Where the node service of another machine listens. Its text is {@code host:port}, with brackets around a
 * host that has colons itself.
 *
 * @param host name or address
 * @param port 1 to 65,535; 0 where the kernel is to choose one
 */
public record NodeAddress(String host, int port) {
    private static final int PORT_MAX = 65_535;
    private static final int HOST_LENGTH_MAX = 253;

    /** Checks the parts. */
    public NodeAddress {
        Objects.requireNonNull(host, "host is null");
        if (host.isEmpty() || host.length() > HOST_LENGTH_MAX || !isHost(host)) {
            throw new IllegalArgumentException(
                    "not a host: host=" + host + "; a name or an address of up to "
                            + HOST_LENGTH_MAX
                            + " characters is expected");
        }
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException(
                    "port is not in 0.." + PORT_MAX + ": port=" + port);
        }
    }

    /**
     * Reads {@code host:port}.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static NodeAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || colon < text.lastIndexOf(']')) {
            throw malformed(text);
        }
        return new NodeAddress(bare(text.substring(0, colon)), port(text, colon + 1));
    }

    /**
     * Reads {@code host:port} or {@code host}.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static NodeAddress parse(String text, int portDefault) {
        boolean isHostOnly =
                text.startsWith("[") ? text.endsWith("]") : text.indexOf(':') < 0;
        return isHostOnly ? new NodeAddress(bare(text), portDefault) : parse(text);
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    private static int port(String text, int start) {
        try {
            return Integer.parseInt(text, start, text.length(), 10);
        } catch (NumberFormatException e) {
            throw malformed(text);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "not an address: text=" + text + "; host:port is expected");
    }

    private static boolean isHost(String host) {
        return host.chars().allMatch(each -> each > ' ' && each != '[' && each != ']'
                && each != '/' && each != 0x7f);
    }

    @Override
    public String toString() {
        return host.indexOf(':') < 0 ? host + ":" + port : "[" + host + "]:" + port;
    }
}
