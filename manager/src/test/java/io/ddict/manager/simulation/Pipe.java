package io.ddict.manager.simulation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;

/*
 * Bytes are taken into the pipe as far as there is room, cut into pieces, and each arrives after those
 * before. What has not been read takes room.
 */

/** One direction of a connection. */
final class Pipe {
    private static final int PIECES_MAX = 5;
    private static final long PROPAGATION_NS = 20_000;

    private final Simulator simulator;
    private final SplittableRandom random;
    private final int number;
    private final int capacity;
    private final long delayNsMax;
    private final Deque<ByteBuffer> arrived = new ArrayDeque<>();
    private int used;
    private long lastArrivalNs;
    private long stalledUntilNs;
    private boolean isCut;
    private boolean endArrived;
    private IOException readError;
    private IOException writeError;
    private long untilReset = -1;
    private long untilFlip = -1;
    private Runnable onReset = () -> {};
    private Runnable onReadable = () -> {};
    private Runnable onWritable = () -> {};

    Pipe(Simulator simulator, int number, int capacity, long delayNsMax) {
        this.simulator = simulator;
        this.random = simulator.random();
        this.number = number;
        this.capacity = capacity;
        this.delayNsMax = delayNsMax;
    }

    void onReadable(Runnable action) {
        onReadable = action;
    }

    void onWritable(Runnable action) {
        onWritable = action;
    }

    /** Has nothing arrive for a while. */
    void stall(long lengthNs) {
        stalledUntilNs = Math.max(stalledUntilNs, simulator.nowNs() + lengthNs);
    }

    /** Has nothing arrive any more. */
    void cut() {
        isCut = true;
    }

    /** Flips a bit behind so many bytes. */
    void flipAfter(long bytes) {
        untilFlip = bytes;
    }

    /** Has the connection be reset behind so many bytes. */
    void resetAfter(long bytes, Runnable reset) {
        untilReset = bytes;
        onReset = reset;
    }

    /** Takes what there is room for, or some of it; 0 if there is none. */
    int write(ByteBuffer source) throws IOException {
        if (writeError != null) {
            throw writeError;
        }
        int length = Math.min(source.remaining(), capacity - used);
        if (length > 1 && random.nextInt(8) == 0) {
            length = 1 + random.nextInt(length);
        }
        if (length <= 0) {
            return 0;
        }
        used += length;
        int left = length;
        int pieces = length < 128 && random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(PIECES_MAX);
        while (left > 0) {
            int piece = pieces-- <= 1 ? left : 1 + random.nextInt(left);
            byte[] bytes = new byte[piece];
            source.get(bytes);
            left -= piece;
            arriveLater(() -> arrive(bytes));
        }
        return length;
    }

    private void arriveLater(Runnable arrival) {
        long now = Math.max(simulator.nowNs(), stalledUntilNs);
        long delayNs = PROPAGATION_NS
                + (random.nextInt(40) == 0 ? random.nextLong(delayNsMax) : random.nextInt(50_000));
        lastArrivalNs = Math.max(lastArrivalNs, now + delayNs);
        simulator.after(lastArrivalNs - simulator.nowNs(), arrival);
    }

    // A stall may have begun meanwhile; what comes later is behind it, too.
    private void arrive(byte[] bytes) {
        if (stalledUntilNs > simulator.nowNs()) {
            lastArrivalNs = Math.max(lastArrivalNs, stalledUntilNs);
            simulator.after(stalledUntilNs - simulator.nowNs(), () -> arrive(bytes));
        } else if (!isCut && readError == null) {
            simulator.log("arrive", number, bytes.length);
            flip(bytes);
            deliver(bytes);
        }
    }

    private void flip(byte[] bytes) {
        if (untilFlip >= 0 && untilFlip < bytes.length) {
            bytes[(int) untilFlip] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            simulator.count("flips");
        }
        untilFlip -= Math.min(untilFlip + 1, bytes.length);
    }

    private void deliver(byte[] bytes) {
        boolean resets = untilReset >= 0 && untilReset < bytes.length;
        byte[] there = resets ? Arrays.copyOf(bytes, (int) untilReset) : bytes;
        untilReset -= Math.min(untilReset + 1, bytes.length);
        if (there.length > 0) {
            arrived.add(ByteBuffer.wrap(there));
            onReadable.run();
        }
        if (resets) {
            onReset.run();
        }
    }

    /** Whether a read would return at once. */
    boolean isReadable() {
        return readError != null || endArrived || !arrived.isEmpty();
    }

    /** Whether a write would. */
    boolean isWritable() {
        return writeError != null || used < capacity;
    }

    /** Reads what there is, or some of it; 0 if there is nothing, -1 at the end. */
    int read(ByteBuffer target) throws IOException {
        if (readError != null) {
            throw readError;
        }
        if (arrived.isEmpty()) {
            return endArrived ? -1 : 0;
        }
        int most = target.remaining();
        if (most > 1 && random.nextInt(16) == 0) {
            most = 1 + random.nextInt(most);
        }
        int count = 0;
        while (count < most && !arrived.isEmpty()) {
            ByteBuffer first = arrived.getFirst();
            int length = Math.min(most - count, first.remaining());
            target.put(target.position(), first, first.position(), length);
            target.position(target.position() + length);
            first.position(first.position() + length);
            count += length;
            if (!first.hasRemaining()) {
                arrived.removeFirst();
            }
        }
        used -= count;
        simulator.after(PROPAGATION_NS, onWritable);
        return count;
    }

    /** Ends it behind what was written. */
    void end() {
        arriveLater(this::endArrives);
    }

    private void endArrives() {
        if (stalledUntilNs > simulator.nowNs()) {
            simulator.after(stalledUntilNs - simulator.nowNs(), this::endArrives);
        } else if (!isCut) {
            endArrived = true;
            onReadable.run();
        }
    }

    /** Ends it for its reader, at once. */
    void failReads(String why) {
        if (readError == null) {
            readError = new IOException(why);
            arrived.clear();
            onReadable.run();
        }
    }

    /** Ends it for its writer, at once. */
    void failWrites(String why) {
        if (writeError == null) {
            writeError = new IOException(why);
            onWritable.run();
        }
    }
}
