package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
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
import java.util.Objects;
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
 *
 * Where one process puts and one takes, they may be given a lane, and then the items in it are in neither
 * place: they come after all that waits here. Whatever else somebody wants of the queue closes the lane, and
 * its items wait as all others do, in their frames.
 */

/** The queues of one manager. Owned by the agent's thread. */
final class SharedQueues {
    // Where others take too, what one is given ahead would come late to them.
    private static final int TAKES_OF_ONE = 16;

    // Who offers may have a lane after so many, and so many more after one that carried little more.
    private static final int LANE_AFTER_MIN = 16;
    private static final int LANE_AFTER_MAX = 1 << 16;

    // Whoever puts waits at the lane until its taker has taken as much as waits now.
    private static final int BACKLOG = 1 << 12;
    private static final long BACKLOG_LENGTH = 8L << 20;

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
    private int lanes;

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
                && pages < RecordLayout.pages(operation.keyLength(), operation.valueLength())) {
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
            case Operation.OPEN_LANE -> openLane(link, operation);
            case Operation.WAKE_TAKER -> lookAtLane(byId.get(id(operation)));
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
        if (queue == null || operation.flags() != Operation.AT_ONCE) {
            return false;
        }
        closeLane(queue);
        deliver(queue);
        return !queue.mayEnter(operation.operand());
    }

    // An item with a block has pages.
    private boolean offer(Link link, Operation operation, int page, int pages, long position) {
        ItemQueue queue =
                byId.computeIfAbsent(id(operation), any -> new ItemQueue(operation.operand()));
        closeLane(queue);
        deliver(queue);
        Item item = new Item(queue, position + 1, null);
        item.hash = nameItem(operation, page, pages, position + 1);
        boolean isStored =
                pages == 0
                        ? pool.storeInline(0, operation, position)
                        : pool.storeBlock(0, operation, page, pages, position);
        if (!isStored) {
            return false;
        }
        item.place = ordinal(operation, page, pages);
        queue.isOfferedBy(link);
        if (queue.mayHaveLane(link, operation.valueLength())) {
            link.region().putLongRelease(LinkLayout.LANE_OFFERED_OFFSET, 1);
        }
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
        queue.looksAtLanes = (operation.operand() & Operation.LANES) != 0;
        if (isToLook(queue, link, operation)) {
            tell(Operation.TAKE, link, operation.correlation(), Status.CONFLICT);
            return;
        }
        int most = Math.clamp(operation.operand() & Operation.UNORDERED - 1, 1,
                LinkLayout.REQUESTS_MAX);
        if (!isAlone) {
            boolean isUnordered = (operation.operand() & Operation.UNORDERED) != 0;
            most = isUnordered ? Math.clamp(queue.waiting.size() / SHARE, 1, most) : 1;
        }
        Taker taker = new Taker(link, operation.correlation(), most, queue.looksAtLanes);
        queue.takers.addLast(taker);
        deliver(queue);
        if (operation.flags() == Operation.AT_ONCE && queue.takers.remove(taker)) {
            tell(Operation.TAKE, link, taker.correlation, Status.CONFLICT);
        }
    }

    // Whether a taker is to look into the lane. If not, and the lane is still open, whoever puts next wakes
    // him.
    private boolean isToLook(ItemQueue queue, Link link, Operation operation) {
        QueueLane lane = queue.lane;
        if (lane == null || !lane.isOpen()) {
            return false;
        }
        boolean isAtOnce = operation.flags() == Operation.AT_ONCE;
        if (!queue.looksAtLanes
                || !lane.isTakenFromBy(link)
                || lane.isLeft()
                || queue.waiting.isEmpty() && (queue.held > 0 || isAtOnce && lane.isUnseen())) {
            closeLane(queue);
            return false;
        }
        return queue.waiting.isEmpty()
                && (lane.share(queue.capacity) || isAtOnce || !lane.await());
    }

    // Has those look into the lane who wait for something in it.
    private static void lookAtLane(@Nullable ItemQueue queue) {
        if (queue != null && !queue.takers.isEmpty()) {
            queue.takers.stream().filter(each -> each.looks).forEach(
                    each -> tell(Operation.TAKE, each.link, each.correlation, Status.CONFLICT));
            queue.takers.removeIf(each -> each.looks);
        }
    }

    /** Wakes those whose items are in a lane, if somebody who should have has not: he is stopped, say. */
    void keepHouse() {
        for (ItemQueue queue : byId.values()) {
            if (!queue.takers.isEmpty() && queue.lane != null && queue.lane.waiting() > 0) {
                lookAtLane(queue);
            }
        }
    }

    // For who has been the only one to put for a while, where another has been the only one to take.
    private void openLane(Link link, Operation operation) {
        ItemQueue queue = byId.get(id(operation));
        link.region().putLongRelease(LinkLayout.LANE_OFFERED_OFFSET, 0);
        if (queue == null || !queue.mayHaveLane(link, operation.operand())) {
            answerer.answer(link, Status.CONFLICT, 0, 0);
            return;
        }
        Link taker = Objects.requireNonNull(queue.lastTaker);
        QueueLane lane =
                QueueLane.make(pool.mapped(), ++lanes, operation.operand(), link, taker);
        queue.lane = lane;
        if (lane == null) {
            queue.beginAnew(false);
            answerer.answer(link, Status.CONFLICT, 0, 0);
            return;
        }
        lane.open(id(operation), queue.left());
        pool.mapped().status().count(PoolCounter.LANES_OPENED, 1);
        answerer.answer(link, Status.OK, lane.id(), 0);
        if (queue.waiting.isEmpty() && queue.held == 0) {
            boolean _ = lane.share(queue.capacity);
            lookAtLane(queue);
        }
    }

    // What is in it waits from now on, behind what waited before.
    private static void closeLane(ItemQueue queue) {
        QueueLane lane = queue.lane;
        if (lane == null || !lane.isOpen()) {
            return;
        }
        queue.beginAnew(lane.wasWorth(queue.laneAfter));
        lane.close(frame -> {
            Item item = new Item(queue, lane.nextNumber(), lane);
            item.place = (int) frame;
            queue.waiting.addLast(item);
        });
    }

    /** Closes all lanes: no item is to come or go but by the manager. */
    void closeLanes() {
        for (ItemQueue queue : byId.values()) {
            closeLane(queue);
            deliver(queue);
        }
    }

    private void acknowledge(Link link, Operation operation, long position) {
        Item item = taken.get(operation.operand());
        if (item == null || item.holder != link) {
            // It was cleared, or dropped with its queue.
            return;
        }
        release(item);
        if (operation.flags() == 0 || item.queue.isDropped) {
            remove(item, position);
        } else {
            item.times += operation.flags() == Operation.RETURN ? 1 : 0;
            item.queue.putBack(item);
            closeLane(item.queue);
            deliver(item.queue);
        }
    }

    private void release(Item item) {
        taken.remove(item.number);
        item.holder = null;
        item.queue.held--;
    }

    private long waiting(Operation operation) {
        ItemQueue queue = byId.get(id(operation));
        return queue == null ? 0 : queue.waiting();
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
        queue.isDropped = true;
        closeLane(queue);
        queue.waiting.forEach(each -> remove(each, position));
        for (Item each : queue.outside) {
            remove(each, position);
            tell(Operation.OFFER, each.holder, each.correlation, Status.ABSENT);
        }
        for (Taker each : queue.takers) {
            tell(Operation.TAKE, each.link, each.correlation, Status.ABSENT);
        }
        queue.waiting.clear();
        queue.outside.clear();
        queue.takers.clear();
    }

    private static void tell(byte kind, @Nullable Link link, long correlation, Status outcome) {
        if (link != null && correlation != 0) {
            boolean _ = link.answer(kind, correlation, outcome, 0, 0);
        }
    }

    /** Forgets all items: every key was removed. */
    void clear() {
        taken.values().stream().map(each -> each.lane).forEach(SharedQueues::removeLane);
        taken.clear();
        for (ItemQueue queue : byId.values()) {
            queue.held = 0;
            // Whoever reads what is in it goes on to do so.
            closeLane(queue);
            removeLane(queue.lane);
            queue.lane = null;
            queue.waiting.clear();
            for (Item each : queue.outside) {
                answerOffer(each.holder, each.correlation);
            }
            queue.outside.clear();
        }
    }

    /** Unmaps all lanes. */
    void close() {
        byId.values().stream().map(each -> each.lane).forEach(SharedQueues::removeLane);
        taken.values().stream().map(each -> each.lane).forEach(SharedQueues::removeLane);
    }

    private static void removeLane(@Nullable QueueLane lane) {
        if (lane != null) {
            lane.remove();
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
            QueueLane lane = queue.lane;
            queue.takers.removeIf(each -> each.link == link);
            if (lane != null && lane.isOf(link)) {
                closeLane(queue);
                deliver(queue);
            }
            queue.lastTaker = null;
            queue.lastOfferer = null;
            // What was put is in the queue's order, whoever put it.
            queue.outside.stream().filter(each -> each.holder == link).forEach(Item::forgetHolder);
        }
        List<Item> held = new ArrayList<>();
        taken.values().stream().filter(each -> each.holder == link).forEach(held::add);
        long current = link.currentItem();
        held.sort(Comparator.comparingLong((Item each) -> each.order).reversed());
        for (Item each : held) {
            release(each);
            each.times += current == 0 || current == each.number ? 1 : 0;
            if (each.queue.isDropped && each.lane != null) {
                each.lane.ended();
            } else {
                each.queue.putBack(each);
                closeLane(each.queue);
            }
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
        long place = QueueAnswer.place(item.place, item.times, isLast);
        if (!taker.link.answer(Operation.TAKE, taker.correlation, Status.OK, item.number, place)) {
            return false;
        }
        item.holder = taker.link;
        item.queue.held++;
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
        tell(Operation.OFFER, link, correlation, Status.OK);
    }

    // The map may have been changed behind the queue's back.
    private void remove(Item item, long position) {
        if (item.lane != null) {
            item.lane.ended();
        } else if (pool.mapped().entries().handle(item.place) != io.ddict.store.pool.Handle.NONE
                && pool.values().version(item.place) == item.number) {
            pool.remove(item.place, item.hash, position);
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
        private @Nullable Link lastOfferer;
        private @Nullable QueueLane lane;
        private boolean looksAtLanes;
        private boolean isDropped;
        // Items that are taken and not ended: they may come back, before all that waits.
        private int held;
        private int takesOfOne;
        private int offersOfOne;
        private int laneAfter = LANE_AFTER_MIN;
        private long entered;
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

        /** Notes who offers. */
        void isOfferedBy(Link link) {
            offersOfOne = link == lastOfferer ? offersOfOne + 1 : 0;
            lastOfferer = link;
        }

        /** Who puts and who takes are found out anew, for longer after a lane that was of little use. */
        void beginAnew(boolean wasWorth) {
            takesOfOne = 0;
            offersOfOne = 0;
            laneAfter = wasWorth ? LANE_AFTER_MIN : Math.min(LANE_AFTER_MAX, 2 * laneAfter);
        }

        /** Whether who offers now may do so by a lane. */
        boolean mayHaveLane(Link link, long valueLength) {
            return looksAtLanes
                    && offersOfOne >= laneAfter
                    && takesOfOne >= TAKES_OF_ONE
                    && lastTaker != null
                    && link == lastOfferer
                    && (lane == null || lane.isEnded())
                    && waiting.size() <= BACKLOG
                    && waiting.size() * valueLength <= BACKLOG_LENGTH
                    && outside.isEmpty()
                    && hasRoom()
                    && !lastTaker.hasLane()
                    && (takers.isEmpty() || held == 0)
                    && takers.stream().allMatch(each -> each.link == lastTaker && each.looks);
        }

        /** How many more items may enter; 0 for any number. */
        long left() {
            return capacity == 0 ? 0 : capacity - waiting.size();
        }

        /** How many items wait, here and in the lane. */
        int waiting() {
            return waiting.size() + (lane == null ? 0 : lane.waiting());
        }

        boolean hasRoom() {
            return capacity == 0 || waiting.size() < capacity;
        }

        // Its place is before all that came after it.
        void putBack(Item item) {
            Deque<Item> before = new ArrayDeque<>();
            while (!waiting.isEmpty() && waiting.getFirst().order < item.order) {
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
        private final long order;
        private final @Nullable QueueLane lane;
        private long hash;
        // The ordinal of its entry, or its frame in the lane.
        private int place;
        private int times;
        private @Nullable Link holder;
        private long correlation;

        Item(ItemQueue queue, long number, @Nullable QueueLane lane) {
            this.queue = queue;
            this.number = number;
            this.order = ++queue.entered;
            this.lane = lane;
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
        private final boolean looks;

        Taker(Link link, long correlation, long wanted, boolean looks) {
            this.link = link;
            this.correlation = correlation;
            this.wanted = wanted;
            this.looks = looks;
        }

        boolean isOf(Link other, long otherCorrelation) {
            return link == other && correlation == otherCorrelation;
        }
    }
}
