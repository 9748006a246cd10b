package io.ddict.client.channel.shm;

import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel.Refusals;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingMarks;
import io.ddict.store.pool.PostingRing;
import org.jspecify.annotations.Nullable;

/*
 * What a put of a batch saves: the lock is taken once for all, the tail is moved once, the manager is
 * woken once, and an operation is a copy of bytes that are encoded already. Each is still published by
 * a compare-and-set of its own, so that a client which is killed has posted the first ones and no more.
 *
 * Before it waits for anything, and in the end, it announces what it has published: it raises the marks.
 */

/** Posts what a batch has collected for one shard. Safe from any thread. */
final class BatchWriter {
    private static final long NOT_POSTED = -1;
    // Small beside the smallest staging ring, which is 128 KiB, and within the first cache.
    private static final int RUN_LENGTH_MAX = 16 << 10;

    private final ShmChannel channel;
    private final ShardWriter writer;
    private final RoomWait room;
    private final StagingRing staging;
    private final PoolStatus status;
    private final PostingRing ring;
    private final PostingMarks marks;
    private final MemoryRegion link;
    private final int linkId;
    private final boolean spills;
    // Guarded by the writer's lock.
    private int posted;
    private int announced;
    private boolean waits;

    BatchWriter(
            ShmChannel channel, ShardWriter writer, RoomWait room, MappedPool pool,
            MemoryRegion link, int linkId) {
        this.channel = channel;
        this.writer = writer;
        this.room = room;
        this.staging = writer.staging();
        this.status = pool.status();
        this.ring = pool.ring();
        this.marks = pool.marks();
        this.link = link;
        this.linkId = linkId;
        this.spills = pool.spill() != null;
    }

    @Nullable DDictException putAll(CallContext call, CollectedPuts puts, Refusals refusals) {
        call.entry(false, false);
        try {
            channel.prepareBatch(call);
        } catch (DDictException e) {
            return refuseFrom(0, e, puts, refusals);
        }
        LinkQuota quota = writer.quota();
        return quota == null
                ? post(call, puts, 0, puts.count(), refusals)
                : putAllWithin(quota, call, puts, refusals);
    }

    // All together if they fit for sure, else one after the other, each with what it replaces.
    private @Nullable DDictException putAllWithin(
            LinkQuota quota, CallContext call, CollectedPuts puts, Refusals refusals) {
        long length = 0;
        for (int index = 0; index < puts.count(); index++) {
            length += puts.lengthTaken(index);
        }
        if (quota.hasRoom(length)) {
            DDictException failure = post(call, puts, 0, puts.count(), refusals);
            quota.posted(length);
            return failure;
        }
        DDictException failure = null;
        for (int index = 0; index < puts.count() && failure == null; index++) {
            failure = putWithin(quota, call, puts, index, refusals);
        }
        return failure;
    }

    private @Nullable DDictException putWithin(
            LinkQuota quota, CallContext call, CollectedPuts puts, int index, Refusals refusals) {
        long length = puts.lengthTaken(index);
        puts.wrapKey(index, call);
        try {
            writer.awaitQuota(call, quota, length, true);
        } catch (DDictFullException e) {
            refusals.refused(index, e);
            return null;
        } catch (DDictException e) {
            return refuseFrom(index, e, puts, refusals);
        } finally {
            call.forgetKey();
        }
        DDictException failure = post(call, puts, index, index + 1, refusals);
        quota.posted(length);
        return failure;
    }

    // From one to before another. What is behind is refused too where there is a reason for all.
    private @Nullable DDictException post(
            CallContext call, CollectedPuts puts, int first, int end, Refusals refusals) {
        int next = first;
        while (next < end) {
            try {
                writer.lock(call);
            } catch (DDictException e) {
                return refuseFrom(next, e, puts, refusals);
            }
            DDictException failure;
            try {
                failure = postLocked(call, puts, next, end, refusals);
                next = posted;
            } finally {
                writer.unlock();
            }
            if (failure == null && next < end) {
                failure = awaitRoom(call, puts, next, refusals);
            }
            if (failure != null) {
                DDictException _ = refuseOutdated(call, puts, first, next, refusals);
                return failure;
            }
        }
        DDictException cause = refuseOutdated(call, puts, first, end, refusals);
        return cause == null ? null : refuseFrom(end, cause, puts, refusals);
    }

    // Without the lock: what another thread of this process removes may be what makes the room. What is known
    // of the put that waits stays in its call.
    private @Nullable DDictException awaitRoom(
            CallContext call, CollectedPuts puts, int next, Refusals refusals) {
        try {
            if (call.mayHaveEntry()) {
                lookForEntry(call, puts, next);
            } else {
                boolean _ = room.awaits(call, true);
                call.entry(false, false);
            }
            return null;
        } catch (DDictException e) {
            return refuseFrom(next, e, puts, refusals);
        }
    }

    private void lookForEntry(CallContext call, CollectedPuts puts, int index) {
        puts.wrapKey(index, call);
        try {
            call.entry(true, channel.hasEntry(call));
        } finally {
            call.forgetKey();
        }
    }

    // Those that were posted.
    private @Nullable DDictException refuseOutdated(
            CallContext call, CollectedPuts puts, int first, int end, Refusals refusals) {
        try {
            channel.checkLeaseAfterwards(call);
            return null;
        } catch (DDictException e) {
            for (int index = first; index < end; index++) {
                if (puts.position(index) >= 0) {
                    refusals.refused(index, e);
                }
            }
            return e;
        }
    }

    private @Nullable DDictException postLocked(
            CallContext call, CollectedPuts puts, int first, int end, Refusals refusals) {
        announced = first;
        posted = first;
        waits = false;
        try {
            while (posted < end && !waits) {
                postRun(call, puts, end, refusals);
            }
            return null;
        } catch (DDictException e) {
            return refuseFrom(posted, e, puts, refusals);
        } finally {
            announce(puts);
        }
    }

    // Copied at one go: a compare-and-set waits for all stores before it, and so for their misses.
    private void postRun(
            CallContext call, CollectedPuts puts, int limit, Refusals refusals) {
        int first = posted;
        int end = endOfRun(puts, first, limit);
        int start = puts.offset(first);
        int length = puts.offset(end) - start;
        int place = staging.tryReserve(length, end - first);
        if (place < 0) {
            announce(puts);
            place = writer.awaitStaging(call, length, end - first);
        }
        link.copyFrom(LinkLayout.STAGING_OFFSET + place, puts.segment(), start, length);
        for (; posted < end; posted++) {
            puts.position(posted, NOT_POSTED);
            if (hasRoom(call, puts, refusals)) {
                long position = publish(call, puts, place + puts.offset(posted) - start);
                staging.commit(position, puts.offset(posted + 1) - start);
                puts.position(posted, position);
            } else if (waits) {
                return;
            }
        }
        if (first == 0) {
            // It may begin while the others are posted.
            channel.wakeManager();
        }
    }

    private static int endOfRun(CollectedPuts puts, int first, int limit) {
        int furthest = puts.offset(first) + RUN_LENGTH_MAX;
        int end = first + 1;
        while (end < limit && puts.offset(end + 1) <= furthest) {
            end++;
        }
        return end;
    }

    // After the space was reserved: see ShardWriter. Where there is none it waits, or the put is refused.
    private boolean hasRoom(CallContext call, CollectedPuts puts, Refusals refusals) {
        if (status.fullBits() == 0) {
            call.entry(false, false);
            return true;
        }
        announce(puts);
        puts.wrapKey(posted, call);
        try {
            writer.checkRoom(call, puts.valueLength(posted));
            return true;
        } catch (DDictFullException e) {
            waits = call.mayHaveEntry()
                    || (call.isRoomSure(status) ? spills : call.isMemoryHeld(status));
            if (!waits) {
                refusals.refused(posted, channel.errors().noted(call, e));
            }
            return false;
        } finally {
            call.forgetKey();
            if (!waits) {
                call.entry(false, false);
            }
        }
    }

    private long publish(CallContext call, CollectedPuts puts, int place) {
        int tag = KeyHash.ringTag(puts.hash(posted));
        int unit = place / PostingRing.STAGING_UNIT;
        long refusing = channel.refusingStates(Operation.PUT);
        long limit = call.stateLimit();
        long position = ring.tryPublish(linkId, unit, tag, refusing, limit);
        if (position >= 0) {
            return position;
        }
        while (position < 0) {
            if (position < PostingRing.FULL) {
                throw channel.errors().refused(call, PostingRing.FULL - position);
            }
            announce(puts);
            channel.pause(call, ShmChannel.EARLIER_WRITES);
            position = ring.tryPublish(linkId, unit, tag, refusing, limit);
        }
        channel.waited(call, ShmChannel.EARLIER_WRITES);
        return position;
    }

    private void announce(CollectedPuts puts) {
        if (announced < posted) {
            for (; announced < posted; announced++) {
                if (puts.position(announced) >= 0) {
                    marks.raise(puts.hash(announced), puts.position(announced) + 1);
                }
            }
            channel.wakeManager();
        }
    }

    private static DDictException refuseFrom(
            int first, DDictException cause, CollectedPuts puts, Refusals refusals) {
        for (int index = first; index < puts.count(); index++) {
            refusals.refused(index, cause);
        }
        return cause;
    }
}
