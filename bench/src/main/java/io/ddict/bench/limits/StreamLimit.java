package io.ddict.bench.limits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How many bytes a second another process reads from a socket. */
public final class StreamLimit {
    private static final List<Integer> PIECE_LENGTHS = List.of(64 << 10, 1 << 20);

    private final Effort effort;
    private final Path folder;

    /**
     * Measures nothing yet.
     *
     * @param folder for its socket, on /dev/shm
     */
    public StreamLimit(Effort effort, Path folder) {
        this.effort = effort;
        this.folder = folder;
    }

    /** Measures loopback TCP and a Unix socket. */
    public List<Limit> measure() throws IOException {
        List<Limit> limits = new ArrayList<>();
        for (Wire wire : Wire.values()) {
            for (int length : PIECE_LENGTHS) {
                limits.add(new Limit(
                        "stream, " + wire.label(),
                        1,
                        length,
                        "mean",
                        gigabytesPerSecond(wire, length),
                        "GB/s"));
            }
        }
        return limits;
    }

    private double gigabytesPerSecond(Wire wire, int length) throws IOException {
        try (ServerSocketChannel server = wire.listen(folder);
                OtherProcess _ =
                        OtherProcess.start("sink", wire.name(), wire.address(server));
                SocketChannel channel = wire.accept(server)) {
            ByteBuffer piece = ByteBuffer.allocateDirect(length);
            long warmup = writeFor(effort.durationNs(), channel, piece);
            long startNs = System.nanoTime();
            long written = writeFor(effort.durationNs(), channel, piece);
            channel.shutdownOutput();
            long read = count(channel);
            if (read != warmup + written) {
                throw new IOException("bytes lost: wire=" + wire + ", written=" + (warmup + written)
                        + "B, read=" + read + "B");
            }
            return (double) written / (System.nanoTime() - startNs);
        } finally {
            Files.deleteIfExists(folder.resolve("socket"));
        }
    }

    private static long writeFor(long durationNs, SocketChannel channel, ByteBuffer piece)
            throws IOException {
        long startNs = System.nanoTime();
        long written = 0;
        do {
            written += channel.write(piece.clear());
        } while (System.nanoTime() - startNs < durationNs);
        return written;
    }

    private static long count(SocketChannel channel) throws IOException {
        ByteBuffer count = ByteBuffer.allocate(Long.BYTES);
        while (count.hasRemaining() && channel.read(count) >= 0) {
            // An answer may come in parts.
        }
        return count.flip().getLong();
    }
}
