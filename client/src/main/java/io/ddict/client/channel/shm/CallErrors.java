package io.ddict.client.channel.shm;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.events.Recordings;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Every error tells which call it ended, as text and by its accessors: the key's hash, unless the call
 * concerns no key or all, the manager, and how long the call had waited. Refusals, by which a manager
 * or its state says no to a call that was right, are counted and recorded as well. Where a method takes
 * no call there is none: somebody asked for figures.
 */

/** Makes the errors of one channel's calls. Safe from any thread. */
final class CallErrors {
    private final int manager;
    private final MappedPool pool;
    private final PoolStatus status;
    private final CallCounts counts;

    CallErrors(int manager, MappedPool pool, CallCounts counts) {
        this.manager = manager;
        this.pool = pool;
        this.status = pool.status();
        this.counts = counts;
    }

    /** Notes an error by which a call is refused: in it, for statistics, and for recordings. */
    <E extends DDictException> E noted(@Nullable CallContext call, E refusal) {
        of(call, refusal);
        counts.countRefused();
        Recordings.refused(refusal, pool.directory().toString(), manager);
        return refusal;
    }

    /** Notes in an error which call it ended. */
    <E extends DDictException> E of(@Nullable CallContext call, E error) {
        if (call == null) {
            error.noteCall(OptionalLong.empty(), manager, Duration.ZERO);
        } else {
            error.noteCall(
                    call.hasKey() ? OptionalLong.of(call.hash()) : OptionalLong.empty(),
                    manager,
                    Duration.ofNanos(call.deadline().waitedNs()));
        }
        return error;
    }

    /** Which key and manager a call was about. */
    String where(@Nullable CallContext call) {
        String key = call != null && call.hasKey()
                ? ", keyHash=0x" + Long.toHexString(call.hash())
                : "";
        return key + ", manager=" + manager;
    }

    /** The error of a call whose checkpoint is not held. */
    DDictException notHeld(CallContext call) {
        // While a persisted checkpoint is being loaded none is held.
        return (status.state() & PoolStatus.STATE_RESTORING) == 0
                ? retired(call)
                : of(call, new DDictException(
                        Status.UNAVAILABLE,
                        "dictionary is being restored" + where(call)
                                + "; call again when that has ended"));
    }

    /** The error of a call whose checkpoint is not held any more. */
    CheckpointRetiredException retired(CallContext call) {
        return noted(call, new CheckpointRetiredException(
                "checkpoint is retired: checkpoint="
                        + call.checkpoint()
                        + ", oldest="
                        + status.oldest()
                        + ", newest="
                        + status.newest()
                        + where(call)
                        + "; go on by checkpoint() or syncToNewestCheckpoint()"));
    }

    /** The error of a call on a node that does not know whether what it has is still its own. */
    DDictException leaseOver(CallContext call, boolean isPosted) {
        long overMs = TimeUnit.NANOSECONDS.toMillis(status.leaseOverNs(System.nanoTime()));
        return noted(call, new DDictException(
                Status.UNAVAILABLE,
                "lease of the node is over: since="
                        + overMs
                        + "ms"
                        + where(call)
                        + "; it is cut off from the other nodes, or was stopped: try again, it goes on when"
                        + " it reaches them"
                        + (isPosted ? "; the write may take effect, or not" : "")));
    }

    /** The error of a batch whose checkpoint cannot be reached yet. */
    FutureCheckpointException future(CallContext call) {
        return noted(call, new FutureCheckpointException(
                "checkpoint cannot be reached yet: checkpoint="
                        + call.checkpoint()
                        + ", newest="
                        + status.newest()
                        + where(call)));
    }

    /** The error for state bits that refused a call's operation. */
    DDictException refused(@Nullable CallContext call, long bits) {
        long others = bits & ~PoolStatus.STATE_RETIRED;
        if (others == 0 && call != null) {
            return notHeld(call);
        }
        if (others == PoolStatus.STATE_LOST) {
            return lost(call);
        }
        return (others & PoolStatus.STATE_DESTROYED) != 0
                ? of(call, new DestroyedException(
                        "dictionary destroyed: pool=" + pool.directory() + where(call)))
                : noted(call, new FrozenException(
                        "dictionary is frozen: pool=" + pool.directory() + where(call)));
    }

    /** The error of a call whose time is over. */
    DDictTimeoutException timedOut(CallContext call, String why) {
        if (call.deadline().isBrief()) {
            // It begins again elsewhere: nobody sees this, and it is no refusal.
            return new DDictTimeoutException("begins again where it may wait");
        }
        return noted(call, new DDictTimeoutException(
                "time over: "
                        + why
                        + ", timeout="
                        + call.deadline().timeoutMs()
                        + "ms, posted="
                        + pool.ring().tail()
                        + ", applied="
                        + status.applied()
                        + where(call)));
    }

    /** The error of a write for which there is no memory; the caller may know a way out. */
    DDictFullException full(
            CallContext call, long recordLength, long freeBytes, long largestFreeBytes) {
        return new DDictFullException(
                "memory pool full: recordLength="
                        + recordLength
                        + "B, freeBytes="
                        + freeBytes
                        + "B, largestFreeBytes="
                        + largestFreeBytes
                        + "B, memoryLength="
                        + pool.geometry().dataLength()
                        + "B, entries="
                        + status.entryCount()
                        + disk()
                        + where(call)
                        + "; remove keys or create the dictionary with more totalMemory"
                        + (pool.spill() == null ? "" : " or spill"));
    }

    private String disk() {
        return pool.spill() == null
                ? ""
                : ", spilled="
                        + status.counter(PoolCounter.SPILLED_BYTES)
                        + "B, spillSize="
                        + pool.geometry().limits().spillLength()
                        + "B, spillsFailed="
                        + status.counter(PoolCounter.SPILLS_FAILED);
    }

    /** The error of a write for whose key there is no entry; the caller may know a way out. */
    DDictFullException fullOfEntries(CallContext call) {
        return new DDictFullException(
                "too many keys: entries="
                        + status.entryCount()
                        + ", entriesMax="
                        + pool.geometry().keysMax()
                        + where(call)
                        + "; raise entriesMax when creating the dictionary");
    }

    /** The error of a write beyond its client's quota. */
    DDictFullException overQuota(CallContext call, long recordLength, LinkQuota quota) {
        counts.countQuotaRefused();
        return noted(call, new DDictFullException(
                "quota of this client is used up: recordLength="
                        + recordLength
                        + "B, used="
                        + quota.used()
                        + "B, clientQuota="
                        + quota.limit()
                        + "B"
                        + where(call)
                        + "; remove or overwrite what this process wrote, or create the dictionary"
                        + " with more clientQuota"));
    }

    /** The error of a request that found no memory when its turn had come. */
    DDictFullException fullWhenApplied(CallContext call) {
        return noted(call, new DDictFullException(
                "memory pool full when a deferred write came to be applied, or for the marks of a"
                        + " clear: freeBytes="
                        + status.counter(PoolCounter.FREE_BYTES)
                        + "B"
                        + where(call)));
    }

    /** The error of an addition to what is no integer. */
    DDictException notAnInteger(CallContext call) {
        return of(call, new DDictException(
                Status.TYPE, "value is not a 64-bit integer (a Long)" + where(call)));
    }

    /** The error of an outcome that a request cannot have. */
    DDictException unexpected(CallContext call, io.ddict.store.pool.Status outcome) {
        return of(call, new DDictException(
                Status.DAMAGED, "request was refused: status=" + outcome + where(call)));
    }

    /** The error of a file of the pool, or of another's, that is to be mapped once more. */
    DDictException notMapped(Exception e) {
        return new DDictException(
                Status.UNAVAILABLE,
                "data cannot be mapped: pool=" + pool.directory() + ", cause=" + e,
                e);
    }

    /** The error of bytes that cannot be. */
    DDictException damaged(CallContext call, String what, int ordinal, long offset) {
        return of(call, new DDictException(
                Status.DAMAGED,
                what
                        + ": ordinal="
                        + ordinal
                        + ", offset="
                        + Handle.offset(offset)
                        + ", pool="
                        + pool.directory()
                        + where(call)));
    }

    /** The error of a call whose manager has ended. */
    ManagerLostException lost(@Nullable CallContext call) {
        return of(call, new ManagerLostException(
                "manager ended: manager=" + manager + ", pool=" + pool.directory()));
    }

    /** The error of a call on a handle that was closed. */
    IllegalStateException closed() {
        return new IllegalStateException("handle is closed: pool=" + pool.directory());
    }
}
