package io.ddict.manager.serving;

import io.ddict.client.codec.Codecs;
import io.ddict.store.MemoryPool;
import io.ddict.store.StoredValues;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/*
 * An addition that would leave its bounds waits. After each write of its key the first one that may go
 * gets a position of its own, that of a SEAL posted for it, and is applied when that is reached, so that
 * versions go on to grow. One that adds nothing is answered at once.
 *
 * Those that add go in the order they came, and so do those that subtract, later ones behind them: whoever
 * wants much is not overtaken for ever by those who want little.
 *
 * What is to be added when a client ends is summed up by client and key, as SEM_UNDO of System V
 * semaphores is. It goes first, and has no bounds.
 */

/** Additions to 64-bit integers that wait for their turn, of one manager. Owned by the agent's thread. */
final class BoundedAdds {
    private final MemoryPool pool;
    private final Long2ObjectHashMap<Deque<Waiting>> byHash = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<Waiting> sealed = new Long2ObjectHashMap<>();
    private final Int2ObjectHashMap<List<AtEnd>> atEnds = new Int2ObjectHashMap<>();
    private final LongHashSet changed = new LongHashSet();

    BoundedAdds(MemoryPool pool) {
        this.pool = pool;
    }

    /** Whether an operation keeps its bounds, or cannot be done at all. */
    boolean isWithin(Operation operation) {
        int ordinal = find(operation);
        if (!isInteger(ordinal)) {
            return true;
        }
        long before = value(ordinal);
        long sum = before + operation.operand();
        boolean overflows = ((before ^ sum) & (operation.operand() ^ sum)) < 0;
        long bounds = operation.valueOffset();
        MemoryRegion region = operation.region();
        return !overflows
                && sum >= region.getLong(bounds)
                && sum <= region.getLong(bounds + Long.BYTES);
    }

    private int find(Operation operation) {
        return pool.find(
                operation.hash(),
                operation.keyTag(),
                operation.region(),
                operation.keyOffset(),
                operation.keyLength());
    }

    /** Whether an ordinal is that of a 64-bit integer, or 0, which stands for the integer 0. */
    boolean isInteger(int ordinal) {
        StoredValues values = pool.values();
        return ordinal == 0
                || values.tag(ordinal) == Codecs.TAG_LONG
                        && values.length(ordinal) == Long.BYTES
                        && !values.isTimed(ordinal);
    }

    /** The 64-bit integer of an ordinal. */
    long value(int ordinal) {
        return ordinal == 0 ? 0 : pool.values().integer(ordinal);
    }

    /** Whether others wait to change the same key the same way, whom an operation is not to overtake. */
    boolean isBehindOthers(Operation operation) {
        Deque<Waiting> queue = byHash.isEmpty() ? null : byHash.get(operation.hash());
        if (queue != null) {
            for (Waiting each : queue) {
                if (Long.signum(each.delta()) * Long.signum(operation.operand()) > 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Keeps an operation until it may go. */
    void await(Link link, Operation operation) {
        byHash.computeIfAbsent(operation.hash(), any -> new ArrayDeque<>())
                .addLast(Waiting.of(link, operation));
    }

    /** After a write: those that wait for it may go. */
    void onWrite(long hash) {
        if (!byHash.isEmpty() && byHash.containsKey(hash)) {
            changed.add(hash);
        }
    }

    /** After all keys were removed. */
    void onClear() {
        byHash.keySet().forEach(changed::add);
    }

    /** Whether a SEAL was posted for one. */
    boolean hasSealed() {
        return !sealed.isEmpty();
    }

    /** Answers those that may go and add nothing, and posts a SEAL for the next that adds. */
    void sealReady(LongSupplier seal) {
        if (changed.isEmpty()) {
            return;
        }
        for (LongHashSet.LongIterator hashes = changed.iterator(); hashes.hasNext();) {
            if (!sealReady(hashes.nextValue(), seal)) {
                // The ring is full: again when it is not.
                return;
            }
            hashes.remove();
        }
    }

    private boolean sealReady(long hash, LongSupplier seal) {
        boolean mayAdd = true;
        boolean maySubtract = true;
        for (Iterator<Waiting> each = iterator(byHash.get(hash)); each.hasNext();) {
            Waiting add = each.next();
            int sign = Long.signum(add.delta());
            boolean isWithin = isWithin(add.operation());
            if (sign == 0 && isWithin) {
                each.remove();
                answer(add, add.operation());
            } else if (isWithin && (sign > 0 ? mayAdd : maySubtract)) {
                long position = seal.getAsLong();
                if (position < 0) {
                    return false;
                }
                each.remove();
                sealed.put(position, add);
                // What it leaves is known when it is applied.
                mayAdd = false;
                maySubtract = false;
            }
            mayAdd &= sign <= 0;
            maySubtract &= sign >= 0;
        }
        removeEmpty(hash);
        return true;
    }

    private static Iterator<Waiting> iterator(@Nullable Deque<Waiting> queue) {
        return queue == null ? java.util.Collections.emptyIterator() : queue.iterator();
    }

    private void answer(Waiting add, Operation operation) {
        int ordinal = find(operation);
        boolean isInteger = isInteger(ordinal);
        boolean _ =
                add.link().answer(
                        Operation.ADD_WITHIN, operation.correlation(),
                        isInteger ? Status.OK : Status.TYPE, isInteger ? value(ordinal) : 0, 0);
        if (isInteger) {
            noteEnd(add.link(), operation);
        }
    }

    private void removeEmpty(long hash) {
        Deque<Waiting> queue = byHash.get(hash);
        if (queue != null && queue.isEmpty()) {
            byHash.remove(hash);
        }
    }

    /** The one whose turn is at a position, which waits no longer; or null. */
    @Nullable Waiting takeSealed(long position) {
        return sealed.isEmpty() ? null : sealed.remove(position);
    }

    /** It was its turn, and it has to go on waiting. */
    void putBack(Waiting add) {
        byHash.computeIfAbsent(add.hash(), any -> new ArrayDeque<>()).addFirst(add);
        changed.add(add.hash());
    }

    /** Notes what an operation that was applied wants to be added when its client ends. */
    void noteEnd(Link link, Operation operation) {
        long bounds = operation.valueOffset();
        long amount = operation.region().getLong(bounds + 2 * Long.BYTES);
        if (amount == 0) {
            return;
        }
        List<AtEnd> ofLink = atEnds.computeIfAbsent(link.id(), any -> new ArrayList<>());
        for (Iterator<AtEnd> each = ofLink.iterator(); each.hasNext();) {
            AtEnd atEnd = each.next();
            if (atEnd.isOf(operation)) {
                atEnd.amount += amount;
                if (atEnd.amount == 0) {
                    each.remove();
                }
                return;
            }
        }
        ofLink.add(new AtEnd(Waiting.of(link, operation), amount));
    }

    /** Forgets one request of a link, or with correlation 0 all of them. */
    void cancel(Link link, long correlation) {
        for (Iterator<Deque<Waiting>> queues = byHash.values().iterator(); queues.hasNext();) {
            Deque<Waiting> queue = queues.next();
            queue.removeIf(each -> each.isOf(link, correlation));
            if (queue.isEmpty()) {
                queues.remove();
            }
        }
        sealed.values().removeIf(each -> each.isOf(link, correlation));
        // Whoever waited behind it may go.
        onClear();
    }

    /** Does what is due at the end of a client. */
    void endLink(Link link) {
        List<AtEnd> ofLink = atEnds.remove(link.id());
        if (ofLink != null) {
            ofLink.forEach(each -> putBack(each.add.with(each.amount)));
        }
    }

    /** What is added at the end of a client to the key of an operation. */
    private static final class AtEnd {
        private final Waiting add;
        private long amount;

        AtEnd(Waiting add, long amount) {
            this.add = add;
            this.amount = amount;
        }

        boolean isOf(Operation operation) {
            Operation own = add.operation();
            return own.hash() == operation.hash()
                    && own.keyTag() == operation.keyTag()
                    && MemorySegment.mismatch(
                            own.region().readOnlySegment(),
                            own.keyOffset(),
                            own.keyOffset() + own.keyLength(),
                            operation.region().readOnlySegment(),
                            operation.keyOffset(),
                            operation.keyOffset() + operation.keyLength())
                            == -1;
        }
    }

    /** A copy of what a client had staged. */
    record Waiting(Link link, MemoryRegion copy) {
        static Waiting of(Link link, Operation operation) {
            long length = Operation.length(operation.keyLength(), Operation.BOUNDS_LENGTH);
            MemorySegment bytes = MemorySegment.ofArray(new long[(int) (length + 7) / 8]);
            MemorySegment.copy(
                    operation.region().readOnlySegment(),
                    operation.keyOffset() - Operation.HEADER_LENGTH,
                    bytes,
                    0,
                    length);
            return new Waiting(link, new MemoryRegion(bytes));
        }

        /** The same key, to be added to without bounds and without an answer. */
        Waiting with(long amount) {
            Operation operation = operation();
            operation.writeOperands(Operation.BOUNDS_LENGTH, 0, amount, 0);
            copy.putLong(operation.valueOffset(), Long.MIN_VALUE);
            copy.putLong(operation.valueOffset() + Long.BYTES, Long.MAX_VALUE);
            copy.putLong(operation.valueOffset() + 2L * Long.BYTES, 0);
            return this;
        }

        Operation operation() {
            return new Operation(copy);
        }

        long hash() {
            return operation().hash();
        }

        long delta() {
            return operation().operand();
        }

        boolean isOf(Link other, long correlation) {
            long own = operation().correlation();
            return link == other && own != 0 && (correlation == 0 || correlation == own);
        }
    }
}
