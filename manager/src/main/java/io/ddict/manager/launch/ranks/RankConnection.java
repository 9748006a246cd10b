package io.ddict.manager.launch.ranks;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/*
 * A client of PMI-1 waits for each answer, so an answer always finds room in the socket's buffer, and
 * input that is not taken apart yet is a part of one line. Whoever behaves otherwise is let go: nothing
 * of a connection grows.
 */

/** One end of a socket, non-blocking. For the server's thread. */
final class RankConnection {
    /** Longest line, its end included: as much as MPICH itself reads. */
    static final int LINE_LENGTH_MAX = 1024;

    /** No rank yet: what it is has not been said. */
    static final int UNNAMED = -1;

    private static final int READS_MAX = 16;

    private final SocketChannel channel;
    private final long openedNs;
    private final ByteBuffer input = ByteBuffer.allocate(LINE_LENGTH_MAX);
    private int rank = UNNAMED;

    RankConnection(SocketChannel channel, long nowNs) throws IOException {
        this.channel = channel;
        this.openedNs = nowNs;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    SocketChannel channel() {
        return channel;
    }

    long openedNs() {
        return openedNs;
    }

    int rank() {
        return rank;
    }

    void name(int chosen) {
        rank = chosen;
    }

    /**
     * Hands over each line that is there; false if the other end is closed.
     *
     * @throws PmiException if a line is too long, or the taker refuses it
     */
    boolean read(LineTaker taker) throws PmiException {
        for (int i = 0; i < READS_MAX; i++) {
            int read = readOnce();
            takeLines(taker);
            if (!input.hasRemaining()) {
                throw new PmiException("line too long: lengthMax=" + LINE_LENGTH_MAX + "B");
            }
            if (read <= 0) {
                return read == 0;
            }
        }
        return true;
    }

    private int readOnce() {
        try {
            return channel.read(input);
        } catch (IOException e) {
            return -1; // Reset: the end of a process, too.
        }
    }

    private void takeLines(LineTaker taker) throws PmiException {
        input.flip();
        byte[] bytes = input.array();
        int begin = 0;
        for (int i = 0; i < input.limit(); i++) {
            if (bytes[i] == '\n') {
                taker.take(
                        this, new String(bytes, begin, i - begin, StandardCharsets.ISO_8859_1));
                begin = i + 1;
            }
        }
        input.position(begin);
        input.compact();
    }

    /**
     * Sends a line.
     *
     * @throws PmiException if the other end does not read
     */
    void send(String line) throws PmiException {
        ByteBuffer bytes =
                ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        try {
            channel.write(bytes);
        } catch (IOException e) {
            return; // Its end is read next.
        }
        if (bytes.hasRemaining()) {
            throw new PmiException("answers are not read");
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Closed all the same.
        }
    }

    /** Takes the lines of a connection. */
    interface LineTaker {
        /** Takes one, without its end. */
        void take(RankConnection from, String line) throws PmiException;
    }
}
