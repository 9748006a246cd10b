package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/*
 * Requests that wait for a key to have a value. They are kept by the key's hash and looked at after
 * each write of that hash. What a waiter compares with is copied out of the staging ring, since it
 * may wait for long; a value too large for that stays in the block that the client put it in.
 */

/** The deferred requests of one manager. Owned by the agent's thread. */
final class Waiters {
    private final MemoryPool pool;
    private final Long2ObjectHashMap<List<Waiter>> byHash = new Long2ObjectHashMap<>();
    private int count;

    Waiters(MemoryPool pool) {
        this.pool = pool;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** The request that an operation is; null if it names a block that its client does not hold. */
    @Nullable Waiter of(Link link, Operation operation, long checkpoint) {
        return operation.block() == 0
                ? inline(link, operation, checkpoint)
                : inBlock(link, operation, checkpoint);
    }

    private static Waiter inline(Link link, Operation operation, long checkpoint) {
        long keyOffset = operation.keyOffset();
        long length = operation.valueOffset() + operation.valueLength() - keyOffset;
        MemorySegment copy = MemorySegment.ofArray(new long[(int) (length + 7) / 8]);
        MemorySegment.copy(link.region().readOnlySegment(), keyOffset, copy, 0, length);
        return Waiter.of(
                link, operation, checkpoint, new MemoryRegion(copy), 0,
                operation.valueOffset() - keyOffset, 0, 0);
    }

    private @Nullable Waiter inBlock(Link link, Operation operation, long checkpoint) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        if (pages < RecordLayout.pages(operation.keyLength(), operation.valueLength())) {
            return null;
        }
        long start = (long) page * PoolGeometry.PAGE_LENGTH;
        return Waiter.of(
                link, operation, checkpoint, pool.mapped().data(),
                start + RecordLayout.HEADER_LENGTH,
                start + RecordLayout.valueOffset(operation.keyLength()), page, pages);
    }

    void add(long hash, Waiter waiter) {
        byHash.computeIfAbsent(hash, any -> new ArrayList<>()).add(waiter);
        count++;
    }

    /** Answers the waiters of a hash whose value is there now. */
    void onWrite(long hash) {
        List<Waiter> waiters = byHash.get(hash);
        if (waiters == null) {
            return;
        }
        for (Iterator<Waiter> each = waiters.iterator(); each.hasNext();) {
            Waiter waiter = each.next();
            long version = waiter.versionIfEqual(pool, hash);
            if (version != 0) {
                end(each, waiter, Status.OK, version);
            }
        }
        if (waiters.isEmpty()) {
            byHash.remove(hash);
        }
    }

    /** Refuses those that are at a checkpoint which is held no longer. */
    void onAdvance() {
        long oldest = pool.checkpoints().oldest();
        for (Iterator<List<Waiter>> lists = byHash.values().iterator(); lists.hasNext();) {
            List<Waiter> waiters = lists.next();
            for (Iterator<Waiter> each = waiters.iterator(); each.hasNext();) {
                Waiter waiter = each.next();
                if (waiter.checkpoint < oldest) {
                    end(each, waiter, Status.RETIRED, 0);
                }
            }
            if (waiters.isEmpty()) {
                lists.remove();
            }
        }
    }

    private void end(Iterator<Waiter> each, Waiter waiter, Status outcome, long version) {
        boolean _ = waiter.link.answer(
                Operation.AWAIT_VALUE, waiter.correlation, outcome, version, 0);
        waiter.release(pool);
        each.remove();
        count--;
    }

    /** Forgets one request of a link, or with correlation 0 all of them. */
    void cancel(Link link, long correlation) {
        for (Iterator<List<Waiter>> lists = byHash.values().iterator(); lists.hasNext();) {
            List<Waiter> waiters = lists.next();
            for (Iterator<Waiter> each = waiters.iterator(); each.hasNext();) {
                Waiter waiter = each.next();
                if (waiter.link == link
                        && (correlation == 0 || correlation == waiter.correlation)) {
                    waiter.release(pool);
                    each.remove();
                    count--;
                }
            }
            if (waiters.isEmpty()) {
                lists.remove();
            }
        }
    }

    /** One waiting request: the key, the value it waits for, and whom to answer. */
    record Waiter(
            Link link,
            long correlation,
            byte keyTag,
            byte valueTag,
            MemoryRegion bytes,
            long keyOffset,
            int keyLength,
            long valueOffset,
            long valueLength,
            int page,
            int pages,
            long checkpoint) {
        static Waiter of(
                Link link,
                Operation operation,
                long checkpoint,
                MemoryRegion bytes,
                long keyOffset,
                long valueOffset,
                int page,
                int pages) {
            return new Waiter(
                    link, operation.correlation(), operation.keyTag(), operation.valueTag(), bytes,
                    keyOffset, operation.keyLength(), valueOffset, operation.valueLength(), page,
                    pages, checkpoint);
        }

        long versionIfEqual(MemoryPool pool, long hash) {
            int root = pool.find(hash, keyTag, bytes, keyOffset, keyLength);
            int ordinal = pool.checkpoints().aim(root, checkpoint, false);
            boolean equal =
                    ordinal != 0
                            && !pool.values().isOver(ordinal)
                            && pool.values().tag(ordinal) == valueTag
                            && pool.values().length(ordinal) == valueLength
                            && bytesEqual(pool, ordinal);
            return equal ? pool.values().version(ordinal) : 0;
        }

        void release(MemoryPool pool) {
            if (pages > 0) {
                pool.freeBlock(page, pages);
            }
        }

        private boolean bytesEqual(MemoryPool pool, int ordinal) {
            MemorySegment wanted = bytes.readOnlySegment().asSlice(valueOffset, valueLength);
            try {
                return pool.values().bytes(ordinal).mismatch(wanted) == -1;
            } catch (InternalError e) {
                // It is on a disk, which cannot be read.
                return false;
            }
        }
    }
}
