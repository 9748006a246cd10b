package io.ddict.store.pool;

/*
 * A file of its own, so that whoever maps it may go on reading and writing, to no effect, after it is over:
 * its memory is never anything else.
 *
 *   offset  field
 *   64      id of the queue
 *   72      capacity: most items in it, or 0
 *   128     tail: what was put; closed (1) | awaited (1) | items (30) | bytes (32), modulo their range
 *   256     head: what was taken, the same
 *   4096    frames, a ring: value length (32) | value's tag (8), from 8 on the value; a multiple of 64 bytes
 *
 * The tail is moved by the one process that puts, the head by the one that takes, each by a compare-and-set
 * that fails once the word is closed. The manager closes and opens them; whoever puts may close the tail,
 * when something has to go another way and all that follows must come after it. So at every instant an item
 * is with exactly one of the three, whoever of them is stopped or killed at that instant: not yet put, in
 * the lane, or taken; and after the manager has closed both words, what lies between them is its.
 *
 * Whoever takes and is to sleep until there is something has the manager set the tail's awaited bit, as long
 * as nothing is there. The next put takes it away with the same compare-and-set, and has to wake him.
 *
 * A value is written before the tail moves past it, and read before the head does. A frame of length -1
 * says that the next one is at the ring's start.
 */

/**
 * Items on their way from one process that puts to one that takes, without the manager in between. Each of
 * the two has its threads take turns.
 */
public final class Lane {
    /** No frame, or no room for one. */
    public static final long NONE = -1;

    private static final int ALIGNMENT = 64;
    private static final int FRAME_HEADER = 8;
    private static final int SKIP = -1;
    private static final long QUEUE_OFFSET = 64;
    private static final long CAPACITY_OFFSET = 72;
    private static final long TAIL_OFFSET = 128;
    private static final long HEAD_OFFSET = 256;
    private static final long FRAMES_OFFSET = PoolGeometry.PAGE_LENGTH;
    private static final long CLOSED = Long.MIN_VALUE;
    private static final long AWAITED = 1L << 62;
    private static final int ITEMS_SHIFT = 32;
    private static final int ITEMS_MASK = (1 << 30) - 1;

    private final MemoryRegion region;
    private final int length;

    Lane(MemoryRegion region) {
        this.region = region;
        this.length = (int) (region.length() - FRAMES_OFFSET);
    }

    /** Length of the file of a lane of so many bytes, which are a power of two. */
    static long fileLength(int length) {
        return FRAMES_OFFSET + (long) length;
    }

    /** Bytes that an item takes in it. */
    public static long lengthOf(long valueLength) {
        return FRAME_HEADER + valueLength + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** The values. */
    public MemoryRegion region() {
        return region;
    }

    /** Bytes for items. */
    public int length() {
        return length;
    }

    /** What was put, and whether no more can be. */
    public long tail() {
        return region.getLongAcquire(TAIL_OFFSET);
    }

    /** What was taken, and whether no more can be. */
    public long head() {
        return region.getLongAcquire(HEAD_OFFSET);
    }

    /** Whether a word is closed. */
    public static boolean isClosed(long word) {
        return word < 0;
    }

    /** Whether who takes is to be woken by the next put. */
    public static boolean isAwaited(long tail) {
        return (tail & AWAITED) != 0;
    }

    /** Items between a head and a tail. */
    public static int items(long head, long tail) {
        return (int) (tail >>> ITEMS_SHIFT) - (int) (head >>> ITEMS_SHIFT) & ITEMS_MASK;
    }

    /** Bytes between a head and a tail. */
    public static int bytes(long head, long tail) {
        return (int) tail - (int) head;
    }

    /** Id of the queue. */
    public long queue() {
        return region.getLong(QUEUE_OFFSET);
    }

    /** Whether one more item may be in it, by their number. */
    public boolean hasRoom(long head, long tail) {
        long capacity = region.getLongAcquire(CAPACITY_OFFSET);
        return capacity == 0 || items(head, tail) < capacity;
    }

    /** Where the frame of a value may be written now, or {@link #NONE} if there is no room for it. */
    public long place(long head, long tail, long valueLength) {
        int position = position(tail);
        long needed = lengthOf(valueLength);
        boolean skips = needed > length - position;
        if (bytes(head, tail) + needed + (skips ? length - position : 0) > length) {
            return NONE;
        }
        return FRAMES_OFFSET + (skips ? 0 : position);
    }

    /**
     * Puts the item whose value was written into a frame. If the tail was awaited, it is not any more.
     *
     * @param tail as it was for {@link #place}, but for its bits
     * @return false if the tail is not that any more: the lane is closed, or awaited
     */
    public boolean put(long tail, long frame, int valueLength, byte valueTag) {
        region.written(valueOffset(frame), valueLength);
        region.putLong(frame, valueLength & 0xFFFF_FFFFL | (valueTag & 0xFFL) << 32);
        int position = position(tail);
        if (frame != FRAMES_OFFSET + position) {
            region.putLong(FRAMES_OFFSET + position, SKIP);
        }
        return region.compareAndSetLong(TAIL_OFFSET, tail, after(tail, frame, valueLength));
    }

    /**
     * The frame of the first item between a head and a tail, or {@link #NONE}; also if there is none that
     * could be, as a client went wild.
     */
    public long first(long head, long tail) {
        int position = position(head);
        if (items(head, tail) == 0 || position % ALIGNMENT != 0
                || bytes(head, tail) > length || bytes(head, tail) <= 0) {
            return NONE;
        }
        boolean isAtStart = region.getInt(FRAMES_OFFSET + position) == SKIP;
        long frame = FRAMES_OFFSET + (isAtStart ? 0 : position);
        int valueLength = valueLength(frame);
        return valueLength < 0 || valueLength > region.length() - valueOffset(frame)
                ? NONE
                : frame;
    }

    /** Length of the value in a frame. */
    public int valueLength(long frame) {
        return region.getInt(frame);
    }

    /** Tag of its codec. */
    public byte valueTag(long frame) {
        return region.getByte(frame + Integer.BYTES);
    }

    /** Where it lies in the region. */
    public static long valueOffset(long frame) {
        return frame + FRAME_HEADER;
    }

    /**
     * Takes the first item, which was read.
     *
     * @param head as it was for {@link #first}
     * @return false if it is not there any more: the lane is closed
     */
    public boolean take(long head, long frame) {
        return region.compareAndSetLong(
                HEAD_OFFSET, head, after(head, frame, valueLength(frame)));
    }

    /** The head behind an item, for who goes through them. */
    public long after(long head, long frame) {
        return after(head, frame, valueLength(frame));
    }

    private long after(long word, long frame, int valueLength) {
        int skipped = (int) (frame - FRAMES_OFFSET) - position(word) & length - 1;
        int bytes = (int) word + skipped + (int) lengthOf(valueLength);
        int items = (int) (word >>> ITEMS_SHIFT) + 1 & ITEMS_MASK;
        return (long) items << ITEMS_SHIFT | bytes & 0xFFFF_FFFFL;
    }

    /** Makes it be of a queue, empty, to put into, not yet to take from. The manager, while it is closed. */
    public void open(long queue, long capacity) {
        region.putLong(QUEUE_OFFSET, queue);
        capacity(capacity);
        long tail = tail() & ~(CLOSED | AWAITED);
        region.putLongVolatile(HEAD_OFFSET, tail | CLOSED);
        region.putLongVolatile(TAIL_OFFSET, tail);
    }

    /** Sets how many items may be in it, or 0 for any number. The manager. */
    public void capacity(long items) {
        region.putLongRelease(CAPACITY_OFFSET, items);
    }

    /** Lets items be taken. The manager. */
    public void openHead() {
        region.putLongVolatile(HEAD_OFFSET, head() & ~CLOSED);
    }

    /** Says that whoever puts next is to wake who takes; false if there is something to take. */
    public boolean await() {
        long tail = tail();
        return items(head(), tail) == 0
                && !isClosed(tail)
                && region.compareAndSetLong(TAIL_OFFSET, tail, tail | AWAITED);
    }

    /** Ends it: nobody puts or takes any more. The manager. */
    public void close() {
        closeTail();
        close(HEAD_OFFSET);
    }

    /** Nobody puts any more. The manager, and who puts. */
    public void closeTail() {
        close(TAIL_OFFSET);
    }

    private void close(long offset) {
        long word = region.getLongAcquire(offset);
        while (!region.compareAndSetLong(offset, word, word | CLOSED)) {
            word = region.getLongAcquire(offset);
        }
    }

    private int position(long word) {
        return (int) word & length - 1;
    }
}
