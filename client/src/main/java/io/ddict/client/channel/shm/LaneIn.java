package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.store.pool.Lane;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What this process takes from lanes, of one queue of a shard at a time. Safe from any thread. */
final class LaneIn {
    private static final int SPINS = 60;
    private static final int YIELDS = 20;
    private static final String OTHER_THREADS = "other threads of this process kept the lane";

    private final ShmChannel channel;
    private final LaneFiles files;
    private final MemoryRegion link;
    private final AtomicBoolean lock = new AtomicBoolean();

    LaneIn(ShmChannel channel, LaneFiles files, MemoryRegion link) {
        this.channel = channel;
        this.files = files;
        this.link = link;
    }

    @Nullable Object tryTake(
            CallContext call, long queue, boolean waits, ValueReader values) {
        channel.requireWritable(call);
        int id = id();
        if (id == 0) {
            return null;
        }
        Lane lane = files.of(id);
        if (lane == null || lane.queue() != queue) {
            return null;
        }
        Object value = take(call, lane, values);
        for (int round = 0; value == null && waits && id() == id && pause(round); round++) {
            value = take(call, lane, values);
        }
        channel.checkLeaseAfterwards(call);
        return value;
    }

    private int id() {
        return (int) link.getLongAcquire(LinkLayout.LANE_OFFSET);
    }

    private static boolean pause(int round) {
        if (round < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
        return round < SPINS + YIELDS;
    }

    private @Nullable Object take(CallContext call, Lane lane, ValueReader values) {
        while (!lock.compareAndSet(false, true)) {
            channel.pause(call, OTHER_THREADS);
        }
        channel.waited(call, OTHER_THREADS);
        try {
            long head = lane.head();
            long frame = Lane.isClosed(head) ? Lane.NONE : lane.first(head, lane.tail());
            if (frame == Lane.NONE) {
                return null;
            }
            Object value = decoded(lane, frame, values);
            return lane.take(head, frame) ? value : null;
        } finally {
            lock.setRelease(false);
        }
    }

    /** The item in a frame of a lane that is closed; null if the lane is gone. */
    @Nullable Object read(int id, int frame, ValueReader values) {
        Lane lane = files.of(id);
        return lane == null ? null : decoded(lane, frame, values);
    }

    private static Object decoded(Lane lane, long frame, ValueReader values) {
        return values.read(
                lane.valueTag(frame),
                lane.region().readOnlySegment(),
                Lane.valueOffset(frame),
                lane.valueLength(frame));
    }
}
