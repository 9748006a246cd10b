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
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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

    private final ShmChannel channel;
    private final ShardWriter writer;
    private final LaneFiles files;
    private final MemoryRegion link;
    private final AtomicBoolean lock = new AtomicBoolean();
    // How many items went by the ring: one that goes there lets nobody use the lane who comes after it.
    private final AtomicLong offered = new AtomicLong();
    private volatile @Nullable Lane lane;
    // Guarded by the lock.
    private long offeredBefore;
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
            CallContext call, long queue, Codec<T> codec, T value, long waitNs) {
        channel.requireWritable(call);
        if (lane == null && !isOffered()) {
            return false;
        }
        long valueLength = codec.prepare(value, call.scratch());
        long tail;
        if (!lock(waitNs)) {
            return false;
        }
        try {
            Lane open = lane != null ? lane : ask(call, valueLength);
            if (open == null || open.queue() != queue) {
                return false;
            }
            tail = tryPut(call, open, codec, value, valueLength, waitNs);
        } finally {
            lock.setRelease(false);
        }
        if (tail == NOT_PUT) {
            return false;
        }
        channel.checkLeaseAfterwards(call);
        if (Lane.isAwaited(tail)) {
            wakeTaker(call);
        }
        return true;
    }

    /** Notes that an item was posted to the ring, before its put returns. */
    void offered() {
        long _ = offered.incrementAndGet();
    }

    // The item is put whatever comes of this: now and then the manager looks by itself.
    private void wakeTaker(CallContext call) {
        call.deadline().start(ASK_NS);
        try {
            long _ = writer.post(call, Operation.WAKE_TAKER, (byte) 0, 0, 0);
        } catch (DDictTimeoutException e) {
            // The ring is full, of what a manager has to do that has no CPU.
        }
    }

    // What a lane holds counts for no quota.
    private boolean isOffered() {
        return link.getLongAcquire(LinkLayout.LANE_OFFERED_OFFSET) != 0 && writer.quota() == null;
    }

    // The tail that the item was put behind.
    private <T> long tryPut(
            CallContext call, Lane open, Codec<T> codec, T value, long valueLength,
            long waitNs) {
        if (offered.get() != offeredBefore || Lane.lengthOf(valueLength) > open.length() / 2) {
            return closeAndLeave(open);
        }
        long tail = open.tail();
        long frame = place(open, tail, valueLength);
        while (frame == Lane.NONE && !Lane.isClosed(tail)) {
            if (!hasMoved(open) && !awaitTaker(open, waitNs)) {
                return closeAndLeave(open);
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

    private boolean awaitTaker(Lane open, long waitNs) {
        for (int spin = 0; spin < SPINS; spin++) {
            Thread.onSpinWait();
            if (hasMoved(open)) {
                return true;
            }
        }
        long mostNs = Math.min(waitNs, patienceNs);
        long beginNs = System.nanoTime();
        long waitedNs = 0;
        boolean moved = false;
        while (!moved && waitedNs < mostNs) {
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

    // What follows must not come before what goes by the ring.
    private long closeAndLeave(Lane open) {
        open.closeTail();
        return leave();
    }

    private long leave() {
        lane = null;
        return NOT_PUT;
    }

    private @Nullable Lane ask(CallContext call, long valueLength) {
        offeredBefore = offered.get();
        int id = askManager(call, valueLength);
        Lane given = id == 0 ? null : tryMap(id);
        if (given != null) {
            head = given.head();
            patientSince = given.tail();
            patienceNs = PATIENCE_NS;
            lane = given;
        }
        return given;
    }

    // One that cannot be mapped, for want of descriptors say, is closed in the same way.
    private @Nullable Lane tryMap(int id) {
        try {
            return files.of(id);
        } catch (UncheckedIOException e) {
            return null;
        }
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

    // Who has it may wait for room.
    private boolean lock(long waitNs) {
        long endNs = 0;
        for (int round = 0; !lock.compareAndSet(false, true); round++) {
            if (round < SPINS) {
                Thread.onSpinWait();
                continue;
            }
            long nowNs = System.nanoTime();
            if (round == SPINS) {
                endNs = nowNs + Math.min(waitNs, PATIENCE_NS);
            }
            if (nowNs - endNs > 0) {
                return false;
            }
            Thread.yield();
        }
        return true;
    }
}
