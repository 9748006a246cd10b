package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What a node service has counted of connections from other machines; all zero if it does not listen.
 *
 * @param open connections that are open and past the handshake
 * @param accepted connections that got past it so far
 * @param refused connections that were refused: another secret, cluster or version, or nonsense
 * @param unfinished connections that did not end the handshake in time, or gave way to newer ones
 * @param malformed connections that were ended because of a frame that nobody sends
 */
public record ConnectionFigures(
        long open, long accepted, long refused, long unfinished, long malformed) {
    /** Those of a service that does not listen. */
    public static final ConnectionFigures NONE = new ConnectionFigures(0, 0, 0, 0, 0);

    /** Writes them. */
    public void write(DataOutputStream out) throws IOException {
        out.writeLong(open);
        out.writeLong(accepted);
        out.writeLong(refused);
        out.writeLong(unfinished);
        out.writeLong(malformed);
    }

    /** Reads them. */
    public static ConnectionFigures read(DataInputStream in) throws IOException {
        return new ConnectionFigures(
                in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }
}
