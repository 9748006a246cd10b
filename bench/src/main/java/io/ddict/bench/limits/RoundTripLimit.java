package io.ddict.bench.limits;

import io.ddict.bench.peers.Keys;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** How long a message to another process and its answer take. */
public final class RoundTripLimit {
    /** Bytes of a message: a key and a value of eight bytes. */
    static final int MESSAGE_LENGTH = Keys.LENGTH + Long.BYTES;

    private static final int WARMUP_ROUNDS = 10;
    private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);

    private final Effort effort;
    private final Path folder;

    /**
     * Measures nothing yet.
     *
     * @param folder for its file and socket, on /dev/shm
     */
    public RoundTripLimit(Effort effort, Path folder) {
        this.effort = effort;
        this.folder = folder;
    }

    /** Measures over shared memory, loopback TCP and a Unix socket. */
    public List<Limit> measure() throws IOException {
        List<Limit> limits = new ArrayList<>(overMemory());
        for (Wire wire : Wire.values()) {
            limits.addAll(over(wire));
        }
        return limits;
    }

    private List<Limit> overMemory() throws IOException {
        Path file = folder.resolve("slots");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = SharedRegion.map(file, 2L * SharedSlot.LENGTH, arena);
            SharedSlot questions = new SharedSlot(memory.asSlice(0, SharedSlot.LENGTH));
            SharedSlot answers = new SharedSlot(memory.asSlice(SharedSlot.LENGTH));
            byte[] message = new byte[MESSAGE_LENGTH];
            try (OtherProcess _ = OtherProcess.start("slots", file.toString())) {
                return measure("round trip, shared memory", number -> {
                    questions.write(number, message);
                    answers.await(number, message);
                });
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private List<Limit> over(Wire wire) throws IOException {
        try (ServerSocketChannel server = wire.listen(folder);
                OtherProcess _ =
                        OtherProcess.start("echo", wire.name(), wire.address(server));
                SocketChannel channel = wire.accept(server)) {
            ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_LENGTH);
            return measure("round trip, " + wire.label(), _ -> {
                channel.write(message.clear());
                message.clear();
                while (message.hasRemaining()) {
                    if (channel.read(message) < 0) {
                        throw new IOException("other process ended: wire=" + wire);
                    }
                }
            });
        } finally {
            Files.deleteIfExists(folder.resolve("socket"));
        }
    }

    private List<Limit> measure(String what, RoundTrip trip) throws IOException {
        Histogram latenciesNs = new Histogram(LONGEST_NS, 3);
        long number = 1;
        for (int round = 0; round <= WARMUP_ROUNDS; round++) {
            latenciesNs.reset();
            long share = round == WARMUP_ROUNDS ? 1 : WARMUP_ROUNDS;
            long endNs = System.nanoTime() + effort.durationNs() / share;
            for (long nowNs = System.nanoTime(); nowNs - endNs < 0;) {
                trip.go(number++);
                long thenNs = System.nanoTime();
                latenciesNs.recordValue(Math.min(thenNs - nowNs, LONGEST_NS));
                nowNs = thenNs;
            }
        }
        return List.of(
                limit(what, "p50", latenciesNs.getValueAtPercentile(50)),
                limit(what, "p90", latenciesNs.getValueAtPercentile(90)),
                limit(what, "p99", latenciesNs.getValueAtPercentile(99)),
                limit(what, "p99.9", latenciesNs.getValueAtPercentile(99.9)),
                limit(what, "max", latenciesNs.getMaxValue()));
    }

    private static Limit limit(String what, String figure, long ns) {
        return new Limit(what, 1, MESSAGE_LENGTH, figure, ns, "ns");
    }

    private interface RoundTrip {
        void go(long number) throws IOException;
    }
}
