package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.QueueAnswer;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/*
 * An item of a queue is an entry like any other: its key is the queue's id and the item's number, which is
 * the position that it was posted at, plus one, and so its version. Takers read it in place. What is in
 * the heap here is the order alone.
 *
 * A taker is given an item, and ends it when it has used it. If it dies before, the item goes back to
 * where it was: nothing is lost, and one that was in use may be taken twice, which takers are told.
 *
 * An item that came while its queue was full waits outside, in memory already; who put it is answered
 * when it enters.
 */

/** The queues of one manager. Owned by the agent's thread. */
final class SharedQueues {
    // Where others take too, what one is given ahead would come late to them.
    private static final int TAKES_OF_ONE = 16;

    // Of what waits, one taker of several gets so small a part at a time.
    private static final int SHARE = 8;

    private final MemoryPool pool;
    private final MemoryRegion data;
    private final Grants grants;
    private final Answerer answerer;
    private final KeyHash keyHash;
    private final byte[] itemKey = new byte[Operation.QUEUE_KEY_LENGTH];
    private final MemorySegment itemKeySegment = MemorySegment.ofArray(itemKey);
    private final Long2ObjectHashMap<ItemQueue> byId = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<Item> taken = new Long2ObjectHashMap<>();
    private final LongHashSet dropped = new LongHashSet();

    SharedQueues(MemoryPool pool, Grants grants, Answerer answerer) {
        this.pool = pool;
        this.grants = grants;
        this.answerer = answerer;
        this.data = pool.mapped().data();
        this.keyHash = new KeyHash(pool.mapped().geometry().hashSeed());
    }

    /**
     * Applies an operation on a queue; its bounds were checked.
     *
     * @return whether there was room; with the hold-back kept there always is
     */
    boolean apply(Link link, Operation operation, long position) {
        if (operation.kind() == Operation.ACKNOWLEDGE) {
            acknowledge(link, operation, position);
            return true;
        }
        int page = LinkLayout.grantPage(operation.block());
        int pages = operation.block() == 0 ? 0 : link.endGrant(page);
        if (operation.block() != 0
                && pages < MemoryPool.pagesOf(operation.keyLength(), operation.valueLength())) {
            grants.drop(link, page, pages);
            return true;
        }
        Status refusal = refusal(operation);
        if (refusal != Status.OK) {
            if (pages > 0) {
                pool.freeBlockAfterBatch(page, pages, position);
            }
            answerer.answer(link, refusal, 0, 0);
            return true;
        }
        switch (operation.kind()) {
            case Operation.OFFER -> {
                return offer(link, operation, page, pages, position);
            }
            case Operation.TAKE -> take(link, operation);
            case Operation.QUEUE_SIZE ->
                    answerer.answer(link, Status.OK, waiting(operation), takers(operation));
            default -> {
                drop(operation, position);
                answerer.answer(link, Status.OK, 0, 0);
            }
        }
        return true;
    }

    private Status refusal(Operation operation) {
        if (dropped.contains(id(operation))) {
            return Status.ABSENT;
        }
        return operation.kind() == Operation.OFFER && mustWait(operation)
                ? Status.CONFLICT
                : Status.OK;
    }

    // Whether an item that is not to wait would have to.
    private boolean mustWait(Operation operation) {
        ItemQueue queue = byId.get(id(operation));
        return operation.flags() == Operation.AT_ONCE
                && queue != null
                && !queue.mayEnter(operation.operand());
    }

    // An item with a block has pages.
    private boolean offer(Link link, Operation operation, int page, int pages, long position) {
        ItemQueue queue =
                byId.computeIfAbsent(id(operation), any -> new ItemQueue(operation.operand()));
        Item item = new Item(queue, position + 1, nameItem(operation, page, pages, position + 1));
        boolean isStored =
                pages == 0
                        ? pool.storeInline(0, operation, position)
                        : pool.storeBlock(0, operation, page, pages, position);
        if (!isStored) {
            return false;
        }
        item.ordinal = ordinal(operation, page, pages);
        if (queue.mayEnter(operation.operand())) {
            queue.waiting.addLast(item);
            answerOffer(link, operation.correlation());
            deliver(queue);
        } else {
            item.holder = link;
            item.correlation = operation.correlation();
            queue.outside.addLast(item);
        }
        if (pages > 0) {
            grants.offerAnother(link, pages, position);
        }
        return true;
    }

    private long nameItem(Operation operation, int page, int pages, long number) {
        itemKeySegment.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, id(operation));
        itemKeySegment.set(ValueLayout.JAVA_LONG_UNALIGNED, Long.BYTES, number);
        long hash = keyHash.of(itemKey, 0, itemKey.length, operation.keyTag());
        operation.nameItem(hash, number, pages == 0 ? -1 : blockKey(page), data);
        return hash;
    }

    private int ordinal(Operation operation, int page, int pages) {
        return pool.find(
                operation.hash(),
                operation.keyTag(),
                pages == 0 ? operation.region() : data,
                pages == 0 ? operation.keyOffset() : blockKey(page),
                operation.keyLength());
    }

    private static long blockKey(int page) {
        return (long) page * PoolGeometry.PAGE_LENGTH + RecordLayout.HEADER_LENGTH;
    }

    private void take(Link link, Operation operation) {
        ItemQueue queue = byId.computeIfAbsent(id(operation), any -> new ItemQueue(0));
        boolean isAlone = queue.isTakenBy(link);
        int most = Math.clamp(operation.operand() & Operation.UNORDERED - 1, 1,
                LinkLayout.REQUESTS_MAX);
        if (!isAlone) {
            boolean isUnordered = (operation.operand() & Operation.UNORDERED) != 0;
            most = isUnordered ? Math.clamp(queue.waiting.size() / SHARE, 1, most) : 1;
        }
        Taker taker = new Taker(link, operation.correlation(), most);
        queue.takers.addLast(taker);
        deliver(queue);
        if (operation.flags() == Operation.AT_ONCE && queue.takers.remove(taker)) {
            boolean _ = link.answer(Operation.TAKE, taker.correlation, Status.CONFLICT, 0, 0);
        }
    }

    private void acknowledge(Link link, Operation operation, long position) {
        Item item = taken.get(operation.operand());
        if (item == null || item.holder != link) {
            // It was cleared, or dropped with its queue.
            return;
        }
        taken.remove(item.number);
        if (operation.flags() == 0) {
            remove(item, position);
        } else {
            item.times += operation.flags() == Operation.RETURN ? 1 : 0;
            item.holder = null;
            item.queue.putBack(item);
            deliver(item.queue);
        }
    }

    private long waiting(Operation operation) {
        ItemQueue queue = byId.get(id(operation));
        return queue == null ? 0 : queue.waiting.size();
    }

    private long takers(Operation operation) {
        ItemQueue queue = byId.get(id(operation));
        return queue == null ? 0 : queue.takers.size();
    }

    // What was taken stays until it is ended; whoever waits is told.
    private void drop(Operation operation, long position) {
        dropped.add(id(operation));
        ItemQueue queue = byId.remove(id(operation));
        if (queue == null) {
            return;
        }
        queue.waiting.forEach(each -> remove(each, position));
        for (Item each : queue.outside) {
            remove(each, position);
            refuse(Operation.OFFER, each.holder, each.correlation);
        }
        for (Taker each : queue.takers) {
            refuse(Operation.TAKE, each.link, each.correlation);
        }
        queue.waiting.clear();
        queue.outside.clear();
        queue.takers.clear();
    }

    private static void refuse(byte kind, @Nullable Link link, long correlation) {
        if (link != null && correlation != 0) {
            boolean _ = link.answer(kind, correlation, Status.ABSENT, 0, 0);
        }
    }

    /** Forgets all items: every key was removed. */
    void clear() {
        taken.clear();
        for (ItemQueue queue : byId.values()) {
            queue.waiting.clear();
            for (Item each : queue.outside) {
                answerOffer(each.holder, each.correlation);
            }
            queue.outside.clear();
        }
    }

    /** Forgets one request of a link. */
    void cancel(Link link, long correlation, long position) {
        for (ItemQueue queue : byId.values()) {
            queue.takers.removeIf(each -> each.isOf(link, correlation));
            for (Iterator<Item> items = queue.outside.iterator(); items.hasNext();) {
                Item item = items.next();
                if (item.holder == link && item.correlation == correlation) {
                    items.remove();
                    remove(item, position);
                }
            }
        }
    }

    /** Puts back what a client has taken that has ended, and waits for it no more. */
    void endLink(Link link) {
        for (ItemQueue queue : byId.values()) {
            queue.takers.removeIf(each -> each.link == link);
            queue.lastTaker = null;
            // What was put is in the queue's order, whoever put it.
            queue.outside.stream().filter(each -> each.holder == link).forEach(Item::forgetHolder);
        }
        List<Item> held = new ArrayList<>();
        taken.values().stream().filter(each -> each.holder == link).forEach(held::add);
        long current = link.currentItem();
        held.sort(Comparator.comparingLong((Item each) -> each.number).reversed());
        for (Item each : held) {
            taken.remove(each.number);
            each.times += current == 0 || current == each.number ? 1 : 0;
            each.holder = null;
            each.queue.putBack(each);
        }
        held.stream().map(each -> each.queue).distinct().forEach(this::deliver);
    }

    // Each taker gets at one go what is there for it, and has to ask again then: none holds a claim on
    // what comes while it is busy.
    private void deliver(ItemQueue queue) {
        while (!queue.waiting.isEmpty() && !queue.takers.isEmpty()) {
            int share = Math.ceilDiv(queue.waiting.size(), queue.takers.size());
            Taker taker = queue.takers.removeFirst();
            for (long left = Math.min(taker.wanted, share); left > 0; left--) {
                if (!give(queue.waiting.getFirst(), taker, left == 1)) {
                    // It does not read its answers.
                    break;
                }
                queue.waiting.removeFirst();
            }
            admit(queue);
        }
    }

    private boolean give(Item item, Taker taker, boolean isLast) {
        long place = QueueAnswer.place(item.ordinal, item.times, isLast);
        if (!taker.link.answer(Operation.TAKE, taker.correlation, Status.OK, item.number, place)) {
            return false;
        }
        item.holder = taker.link;
        taken.put(item.number, item);
        return true;
    }

    private static void admit(ItemQueue queue) {
        while (!queue.outside.isEmpty() && queue.hasRoom()) {
            Item item = queue.outside.removeFirst();
            answerOffer(item.holder, item.correlation);
            item.forgetHolder();
            queue.waiting.addLast(item);
        }
    }

    private static void answerOffer(@Nullable Link link, long correlation) {
        if (link != null && correlation != 0) {
            boolean _ = link.answer(Operation.OFFER, correlation, Status.OK, 0, 0);
        }
    }

    // The map may have been changed behind the queue's back.
    private void remove(Item item, long position) {
        if (pool.mapped().entries().handle(item.ordinal) != io.ddict.store.pool.Handle.NONE
                && pool.values().version(item.ordinal) == item.number) {
            pool.remove(item.ordinal, item.hash, position);
        }
    }

    private long id(Operation operation) {
        return operation.block() == 0
                ? operation.region().getLong(operation.keyOffset())
                : data.getLong(blockKey(LinkLayout.grantPage(operation.block())));
    }

    /** What waits in one queue. */
    private static final class ItemQueue {
        private final Deque<Item> waiting = new ArrayDeque<>();
        private final Deque<Item> outside = new ArrayDeque<>();
        private final Deque<Taker> takers = new ArrayDeque<>();
        private @Nullable Link lastTaker;
        private int takesOfOne;
        private long capacity;

        ItemQueue(long capacity) {
            this.capacity = capacity;
        }

        /** Whether an item may enter now, by the capacity that it was offered with. */
        boolean mayEnter(long capacity) {
            this.capacity = capacity;
            return outside.isEmpty() && hasRoom();
        }

        /** Notes who takes; whether it has been the only one for a while, and may be given much. */
        boolean isTakenBy(Link link) {
            takesOfOne = link == lastTaker ? takesOfOne + 1 : 0;
            lastTaker = link;
            return takesOfOne >= TAKES_OF_ONE;
        }

        boolean hasRoom() {
            return capacity == 0 || waiting.size() < capacity;
        }

        // Its place is before all that have a greater number.
        void putBack(Item item) {
            Deque<Item> before = new ArrayDeque<>();
            while (!waiting.isEmpty() && waiting.getFirst().number < item.number) {
                before.addLast(waiting.removeFirst());
            }
            waiting.addFirst(item);
            while (!before.isEmpty()) {
                waiting.addFirst(before.removeLast());
            }
        }
    }

    /** One item: where it is, and who has it. */
    private static final class Item {
        private final ItemQueue queue;
        private final long number;
        private final long hash;
        private int ordinal;
        private int times;
        private @Nullable Link holder;
        private long correlation;

        Item(ItemQueue queue, long number, long hash) {
            this.queue = queue;
            this.number = number;
            this.hash = hash;
        }

        void forgetHolder() {
            holder = null;
            correlation = 0;
        }
    }

    /** Whoever waits for items. */
    private static final class Taker {
        private final Link link;
        private final long correlation;
        private final long wanted;

        Taker(Link link, long correlation, long wanted) {
            this.link = link;
            this.correlation = correlation;
            this.wanted = wanted;
        }

        boolean isOf(Link other, long otherCorrelation) {
            return link == other && correlation == otherCorrelation;
        }
    }
}
