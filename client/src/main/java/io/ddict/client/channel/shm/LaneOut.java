package io.ddict.client.channel.shm;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.client.codec.Codec;
import io.ddict.store.pool.Lane;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/*
 * A lane is asked for when the manager thinks that it would be good: the answer comes after all that was put
 * before. It is left for good when it is closed. Whoever takes and sleeps is woken by way of the manager.
 *
 * A lane without room is waited at, but for 50 ms at most while it is filled once: who takes as slowly as
 * that would hold up who puts. Then the item goes by the ring, where there is more room, and one can sleep;
 * and so does all that follows, as the lane is closed.
 */

/** What this process puts into a lane, of one queue of a shard at a time. Safe from any thread. */
final class LaneOut {
    private static final int SPINS = 60;
    private static final long PATIENCE_NS = 50_000_000;
    private static final long ASK_NS = 20_000_000;
    // No tail that something is put behind is closed.
    private static final long NOT_PUT = Long.MIN_VALUE;

    private static final String OTHER_THREADS = "other threads of this process kept the lane";

    private final ShmChannel channel;
    private final ShardWriter writer;
    private final LaneFiles files;
    private final MemoryRegion link;
    private final AtomicBoolean lock = new AtomicBoolean();
    private volatile @Nullable Lane lane;
    private volatile boolean owesWaking;
    // Guarded by the lock.
    private long head;
    private long patienceNs;
    private long patientSince;

    LaneOut(ShmChannel channel, ShardWriter writer, LaneFiles files, MemoryRegion link) {
        this.channel = channel;
        this.link = link;
        this.writer = writer;
        this.files = files;
    }

    <T> boolean tryPut(
            CallContext call, long queue, Codec<T> codec, T value, boolean waits) {
        if (lane == null && link.getLongAcquire(LinkLayout.LANE_OFFERED_OFFSET) == 0) {
            return false;
        }
        channel.requireWritable(call);
        long valueLength = codec.prepare(value, call.scratch());
        long tail;
        lock(call);
        try {
            Lane open = lane != null ? lane : ask(call, valueLength);
            if (open == null || open.queue() != queue) {
                return false;
            }
            tail = tryPut(call, open, codec, value, valueLength, waits);
        } finally {
            lock.setRelease(false);
        }
        if (tail == NOT_PUT) {
            return false;
        }
        channel.checkLeaseAfterwards(call);
        if (Lane.isAwaited(tail) || owesWaking) {
            wakeTaker(call);
        }
        return true;
    }

    // The item is put whatever comes of this; the next one tries again.
    private void wakeTaker(CallContext call) {
        owesWaking = true;
        try {
            long _ = writer.post(call, Operation.WAKE_TAKER, (byte) 0, 0, 0);
            owesWaking = false;
        } catch (DDictTimeoutException e) {
            // The ring is full, of what a manager has to do that has no CPU.
        }
    }

    // The tail that the item was put behind.
    private <T> long tryPut(
            CallContext call, Lane open, Codec<T> codec, T value, long valueLength,
            boolean waits) {
        long tail = open.tail();
        long frame = place(open, tail, valueLength);
        while (frame == Lane.NONE && !Lane.isClosed(tail)) {
            if (Lane.lengthOf(valueLength) > open.length()
                    || !hasMoved(open) && !(waits && awaitTaker(open))) {
                // What follows must not come before this.
                open.closeTail();
                return leave();
            }
            tail = open.tail();
            frame = place(open, tail, valueLength);
        }
        if (Lane.isClosed(tail)) {
            return leave();
        }
        long offset = Lane.valueOffset(frame);
        codec.write(value, call.scratch(), open.region().writableSegment(), offset);
        while (!open.put(tail, frame, (int) valueLength, codec.tag())) {
            // Closed, or awaited meanwhile.
            tail = open.tail();
            if (Lane.isClosed(tail)) {
                return leave();
            }
        }
        bePatient(open, tail);
        return tail;
    }

    private long place(Lane open, long tail, long valueLength) {
        return open.hasRoom(head, tail) ? open.place(head, tail, valueLength) : Lane.NONE;
    }

    private boolean hasMoved(Lane open) {
        long before = head;
        head = open.head();
        return head != before;
    }

    private boolean awaitTaker(Lane open) {
        for (int spin = 0; spin < SPINS; spin++) {
            Thread.onSpinWait();
            if (hasMoved(open)) {
                return true;
            }
        }
        long beginNs = System.nanoTime();
        long waitedNs = 0;
        boolean moved = false;
        while (!moved && waitedNs < patienceNs) {
            Thread.yield();
            moved = hasMoved(open);
            waitedNs = System.nanoTime() - beginNs;
        }
        patienceNs -= waitedNs;
        return moved;
    }

    private void bePatient(Lane open, long tail) {
        if (Lane.bytes(patientSince, tail) >= open.length()) {
            patientSince = tail;
            patienceNs = PATIENCE_NS;
        }
    }

    private long leave() {
        lane = null;
        return NOT_PUT;
    }

    private @Nullable Lane ask(CallContext call, long valueLength) {
        int id = askManager(call, valueLength);
        Lane given = id == 0 ? null : files.of(id);
        if (given != null) {
            head = given.head();
            patientSince = given.tail();
            patienceNs = PATIENCE_NS;
            lane = given;
        }
        return given;
    }

    // One that is given too late is closed by the next item, which goes by the ring.
    private int askManager(CallContext call, long valueLength) {
        call.deadline().start(ASK_NS);
        try {
            Answer answer = channel.request(call, Operation.OPEN_LANE, (byte) 0, valueLength);
            return answer.status() == Status.OK ? (int) answer.first() : 0;
        } catch (DDictTimeoutException e) {
            return 0;
        }
    }

    private void lock(CallContext call) {
        while (!lock.compareAndSet(false, true)) {
            channel.pause(call, OTHER_THREADS);
        }
        channel.waited(call, OTHER_THREADS);
    }
}
