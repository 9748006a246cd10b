package io.ddict.store.pool;

/*
 * A posted operation, as it lies in a client's staging ring.
 *
 *   offset  field
 *   0       kind (8) | key tag (8) | value tag (8) | flags (8) | key length (32)
 *   8       hash of the key
 *   16      value length; bytes wanted, for a grant
 *   24      correlation: the answer carries it; 0 wants none
 *   32      operand: expected version, delta, or the correlation to cancel
 *   40      block, as a grant's word
 *   48      checkpoint
 *   56      key, padded to 8 bytes, then the value; both lie in the block if there is one
 */

/** Flyweight over a posted operation: clients write one, the manager reads it in place. */
public final class Operation {
    /** Stores a value; flags say under which condition. */
    public static final byte PUT = 1;

    /** Ends a key; flags say under which condition. */
    public static final byte REMOVE = 2;

    /** Adds the operand to a 64-bit integer. */
    public static final byte GET_AND_ADD = 3;

    /** Answers when the key's value equals the given one. */
    public static final byte AWAIT_VALUE = 4;

    /** Forgets a waiting request. */
    public static final byte CANCEL = 5;

    /** Asks for a block. */
    public static final byte GRANT = 6;

    /** Gives an unused block back. */
    public static final byte RETURN_BLOCK = 7;

    /** Removes every key. */
    public static final byte CLEAR = 8;

    /** Asks for the ordinal of a key that the hints do not know. */
    public static final byte FIND = 9;

    /** Does nothing but answer: everything posted before it is applied. */
    public static final byte FENCE = 10;

    /** Answers when the checkpoint has a value or a deletion mark of the key. */
    public static final byte AWAIT_KEY = 16;

    /** Asks how many keys have a value at the checkpoint. */
    public static final byte SIZE = 17;

    /** Moves the working set on to the checkpoint, as a put there would. */
    public static final byte ADVANCE = 18;

    /** Operand of ADVANCE: if it would have to wait, the answer is FUTURE. */
    public static final long NO_WAIT = 1;

    /**
     * Adds the operand to a 64-bit integer once the sum is within bounds; the value is {@link
     * #BOUNDS_LENGTH} long: the least and the greatest sum, and what is added when the client ends.
     */
    public static final byte ADD_WITHIN = 19;

    /** Appends the value to a queue; the key is {@link #QUEUE_KEY_LENGTH} long, the operand its capacity. */
    public static final byte OFFER = 20;

    /** Asks for as many items of a queue as the operand says; each is an answer of its own. */
    public static final byte TAKE = 21;

    /** Ends the item whose number is the operand; with {@link #RETURN} it goes back to its queue. */
    public static final byte ACKNOWLEDGE = 22;

    /** Asks how many items of a queue wait, and how many takers. */
    public static final byte QUEUE_SIZE = 23;

    /** Ends a queue with its items. */
    public static final byte DROP_QUEUE = 24;

    /** Asks for a lane of a queue, for items as long as the operand. */
    public static final byte OPEN_LANE = 25;

    /** Wakes who waits for something in the lane of a queue. */
    public static final byte WAKE_TAKER = 26;

    /**
     * Lets other managers of the node refer to the key's value, if its version is the operand and it has a
     * block; the answer is the block's first page. They are told by a PUT of the tag {@link
     * RecordLayout#TAG_LENT}, whose value is as long as what will stand in its place: the page and the
     * lender's number as {@link #lent} has them, the version, and 16 zeros. Then comes END_LEND.
     */
    public static final byte LEND = 27;

    /** Tells that what refers to a lent value was posted; the operand is that of the LEND. */
    public static final byte END_LEND = 28;

    /** Length of the value of an ADD_WITHIN. */
    public static final int BOUNDS_LENGTH = 24;

    /** Length of a queue's key: its id, then 0, which is the number of an item in the item's own key. */
    public static final int QUEUE_KEY_LENGTH = 16;

    /** Flag of ADD_WITHIN, OFFER and TAKE: what cannot be done now is not done at all. */
    public static final byte AT_ONCE = 3;

    /** Flag of ACKNOWLEDGE: the item goes back, and counts as taken. */
    public static final byte RETURN = 4;

    /** Flag of ACKNOWLEDGE: the item goes back as if it had not been taken. */
    public static final byte RETURN_UNUSED = 5;

    /** Bit of the operand of a TAKE: the taker cares for no order, and may be given many. */
    public static final long UNORDERED = 1L << 32;

    /** Bit of the operand of a TAKE: the taker looks into the lane that its link tells it of. */
    public static final long LANES = 1L << 33;

    /** The condition holds if the key is absent. */
    public static final byte IF_ABSENT = 1;

    /** The condition holds if the key's version is the operand. */
    public static final byte IF_VERSION = 2;

    /** Bit of the flags beside the condition: the value carries over to later checkpoints. */
    public static final byte PERSISTENT = 64;

    /** Bytes before the key. */
    public static final int HEADER_LENGTH = 56;

    private static final int KEY_LENGTH_SHIFT = 32;

    private MemoryRegion region;
    private long offset;

    /** Makes a flyweight over an operation; re-point it with {@link #wrap}. */
    public Operation(MemoryRegion region) {
        this.region = region;
    }

    /** Whether an operation with an inline value stores a record. */
    public static boolean stores(byte kind, long operand) {
        return kind == PUT || kind == OFFER || kind == ADD_WITHIN && operand != 0;
    }

    /** Whether an operation of a kind may store a record with its own value tag. */
    public static boolean mayStore(byte kind) {
        return kind == PUT || kind == OFFER || kind == ADD_WITHIN || kind == GET_AND_ADD;
    }

    /** Whether a read-only dictionary refuses operations of a kind. */
    public static boolean changes(byte kind) {
        return switch (kind) {
            case PUT, ADVANCE, REMOVE, GET_AND_ADD, CLEAR, ADD_WITHIN, OFFER, TAKE, ACKNOWLEDGE,
                    DROP_QUEUE, OPEN_LANE -> true;
            default -> false;
        };
    }

    /** Whether clients may be waiting for an operation of a kind that others post without waiting. */
    public static boolean isForOthers(byte kind) {
        return kind == OFFER || kind == WAKE_TAKER || kind == ADD_WITHIN || kind == ACKNOWLEDGE;
    }

    /** What a PUT of a lent value says of it. */
    public static long lent(int lender, int page) {
        return (long) lender << Integer.SIZE | page;
    }

    /** Number of the manager that has lent it. */
    public static int lender(long lent) {
        return (int) (lent >>> Integer.SIZE);
    }

    /** First page of the block. */
    public static int lentPage(long lent) {
        return (int) lent;
    }

    /** Points it at an operation. */
    public Operation wrap(MemoryRegion region, long offset) {
        this.region = region;
        this.offset = offset;
        return this;
    }

    /** Hash of the key of the operation at an offset. */
    public static long hashAt(MemoryRegion region, long offset) {
        return region.getLong(offset + 8);
    }

    /** Length of a whole operation with key and value inline. */
    public static long length(int keyLength, long valueLength) {
        return HEADER_LENGTH + ((keyLength + 7L) & ~7L) + valueLength;
    }

    /** Writes the header. */
    public void writeHeader(
            byte kind, byte flags, byte keyTag, byte valueTag, int keyLength, long hash) {
        region.putLong(
                offset,
                kind & 0xFFL
                        | (keyTag & 0xFFL) << 8
                        | (valueTag & 0xFFL) << 16
                        | (flags & 0xFFL) << 24
                        | (long) keyLength << KEY_LENGTH_SHIFT);
        region.putLong(offset + 8, hash);
    }

    /** Writes the rest of the header, for checkpoint 0. */
    public void writeOperands(long valueLength, long correlation, long operand, long block) {
        writeOperands(valueLength, correlation, operand, block, 0);
    }

    /** Writes the rest of the header. */
    public void writeOperands(
            long valueLength, long correlation, long operand, long block, long checkpoint) {
        region.putLong(offset + 16, valueLength);
        region.putLong(offset + 24, correlation);
        region.putLong(offset + 32, operand);
        region.putLong(offset + 40, block);
        region.putLong(offset + 48, checkpoint);
    }

    /** The region that it lies in. */
    public MemoryRegion region() {
        return region;
    }

    /**
     * Makes an OFFER be about an item of its queue.
     *
     * @param blockKey where its key lies in the data, if it has a block; else negative
     */
    public void nameItem(long hash, long number, long blockKey, MemoryRegion data) {
        region.putLong(offset + 8, hash);
        if (blockKey < 0) {
            region.putLong(keyOffset() + Long.BYTES, number);
        } else {
            data.putLong(blockKey + Long.BYTES, number);
        }
    }

    /** What to do. */
    public byte kind() {
        return (byte) region.getLong(offset);
    }

    /** Tag of the key's type. */
    public byte keyTag() {
        return (byte) (region.getLong(offset) >>> 8);
    }

    /** Tag of the value's codec. */
    public byte valueTag() {
        return (byte) (region.getLong(offset) >>> 16);
    }

    /** The condition. */
    public byte flags() {
        return (byte) (region.getLong(offset) >>> 24 & ~PERSISTENT);
    }

    /** Whether the value carries over to later checkpoints where others do not. */
    public boolean isPersistent() {
        return (region.getLong(offset) >>> 24 & PERSISTENT) != 0;
    }

    /** Length of the key in bytes. */
    public int keyLength() {
        return (int) (region.getLong(offset) >>> KEY_LENGTH_SHIFT);
    }

    /** Hash of the key. */
    public long hash() {
        return region.getLong(offset + 8);
    }

    /** Length of the value in bytes, or bytes wanted. */
    public long valueLength() {
        return region.getLong(offset + 16);
    }

    /** What the answer carries; 0 wants none. */
    public long correlation() {
        return region.getLong(offset + 24);
    }

    /** Expected version, delta, or the correlation to cancel. */
    public long operand() {
        return region.getLong(offset + 32);
    }

    /** The block that holds key and value, as a grant's word, or 0. */
    public long block() {
        return region.getLong(offset + 40);
    }

    /** The checkpoint that the client was at. */
    public long checkpoint() {
        return region.getLong(offset + 48);
    }

    /** Where an inline key starts in the region. */
    public long keyOffset() {
        return offset + HEADER_LENGTH;
    }

    /** Where an inline value starts in the region. */
    public long valueOffset() {
        return offset + HEADER_LENGTH + ((keyLength() + 7L) & ~7L);
    }
}
