package io.ddict.client.protocol;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/*
 * A frame on a connection of kind SHARDS; little-endian.
 *
 *   offset  length  field
 *   0       2       magic
 *   2       1       version
 *   3       1       type
 *   4       4       payloadLength in bytes, at most PAYLOAD_MAX
 *   8       8       correlation: a reply has its request's
 *   16      8       hash of the key; of a reply's or value's part where it begins
 *   24      8       checkpoint of the call; of a reply its second number
 *   32      8       timeoutNs, what is left of the call's time
 *   40      4       shard, as ATTACH numbered it on this connection
 *   44      1       keyTag; of a reply its outcome
 *   45      1       valueTag
 *   46      1       flags
 *   47      1       0
 *   48      8       operand; of a reply its first number
 *   56      8       valueLength, all parts together
 *   64      8       shardEpoch; reserved, 0
 *   72      4       keyLength
 *   76      4       CRC-32C of the 76 bytes before and of the payload
 *
 * The payload is the key, then as much of the value as there is room for; the rest follows in frames of
 * type PART, between which others may lie. A long reply comes in several frames in the same way.
 */

/** Layout and types of the frames that carry operations on shards. */
public final class ShardFrame {
    /** Bytes before the payload. */
    public static final int HEADER_LENGTH = 80;

    /** Most bytes of a payload: a batch, or a key and a part of a value. */
    public static final int PAYLOAD_MAX = 512 << 10;

    // The kernel sends in pieces of 64 KiB, less what headers take: 65,483 B on loopback, 65,160 B where
    // packets have 1,500. With its own header a part of 252 KiB fills four, and leaves nothing for a fifth.
    /** Most bytes of a part: short, so that others get their turn, and long beside what a frame costs. */
    public static final int PART_MAX = 252 << 10;

    /** Longest value that travels in its request's own frame. */
    public static final int INLINE_MAX = 64 << 10;

    /** Longest value: what one buffer of Java holds. */
    public static final long VALUE_MAX = Integer.MAX_VALUE - 8;

    /** Where fields are. */
    public static final int TYPE = 3;
    public static final int PAYLOAD_LENGTH = 4;
    public static final int CORRELATION = 8;
    public static final int HASH = 16;
    public static final int CHECKPOINT = 24;
    public static final int TIMEOUT = 32;
    public static final int SHARD = 40;
    public static final int KEY_TAG = 44;
    public static final int VALUE_TAG = 45;
    public static final int FLAGS = 46;
    public static final int OPERAND = 48;
    public static final int VALUE_LENGTH = 56;
    public static final int KEY_LENGTH = 72;
    public static final int CRC = 76;

    /** First two bytes and version. */
    public static final int MAGIC = 0x01_44_44; // DD, version 1

    /** Says that one is there. */
    public static final byte BEAT = 1;
    /** More of a request's value. */
    public static final byte PART = 2;
    /** Ends the waiting of a request; with {@link #ABANDONED} no more of its value will come. */
    public static final byte CANCEL = 3;
    /** An answer, or a part of it. */
    public static final byte REPLY = 4;
    /** Opens a shard: dictionary and manager; answered by a number for it, and what it is like. */
    public static final byte ATTACH = 5;
    /** Gives a shard back; not answered. */
    public static final byte DETACH = 6;

    /** Operations: those of {@code ShardChannel} and {@code Coordination}. */
    public static final byte GET = 16;
    public static final byte GET_NOW = 17;
    public static final byte FROZEN_VIEW = 18;
    public static final byte CONTAINS = 19;
    public static final byte VALUE_EQUALS = 20;
    public static final byte PUT = 21;
    public static final byte PUT_BATCHED = 22;
    public static final byte PUT_ALL = 23;
    public static final byte PUT_IF = 24;
    public static final byte REMOVE_IF = 25;
    public static final byte GET_AND_ADD = 26;
    public static final byte AWAIT_VALUE = 27;
    public static final byte NEWEST = 28;
    public static final byte PUBLISH = 29;
    public static final byte SIZE = 30;
    public static final byte CLEAR = 31;
    public static final byte CURSOR = 32;
    public static final byte CURSOR_NEXT = 33;
    public static final byte FIGURES = 34;
    public static final byte IS_FROZEN = 35;
    public static final byte REQUIRE_WRITABLE = 36;
    public static final byte ADD_WITHIN = 37;
    public static final byte POST_ADD = 38;
    public static final byte OFFER = 39;
    public static final byte POST_OFFER = 40;
    public static final byte TAKE = 41;
    public static final byte ACKNOWLEDGE = 42;
    public static final byte WORKS_ON = 43;
    public static final byte WAITING = 44;
    public static final byte DROP = 45;
    /**
     * A put at several nodes, by way of the one that it is sent to: {@link BroadcastBranch}, whose length is
     * the operand, follows the key; the value comes in parts. Answered by {@link BroadcastOutcome} of each
     * manager.
     */
    public static final byte BROADCAST = 46;

    /** Flag of an operation: it waits for what other clients do, and ends when its thread is interrupted. */
    public static final byte FOR_OTHERS = 1;
    /** Flag of a PUT: it carries over to later checkpoints. */
    public static final byte PERSISTENT = 2;
    /** Flag of ADD_WITHIN, OFFER and TAKE: it waits. */
    public static final byte WAITS = 4;
    /** Flag of a TAKE: order is of no importance. */
    public static final byte UNORDERED = 8;
    /** Flag of a CURSOR_NEXT: values are wanted. */
    public static final byte VALUES = 16;
    /** Flag of a CANCEL: the request's value ends here. */
    public static final byte ABANDONED = 64;

    /** Outcome: there is something. */
    public static final byte OK = 0;
    /** Outcome: there is nothing. */
    public static final byte NOTHING = 1;
    /** Outcome: an error, as {@link CallFailure} writes it. */
    public static final byte FAILED = 2;
    /** Outcome: the value is to be sent again. */
    public static final byte AGAIN = 3;

    private ShardFrame() {}

    /** Writes magic, version, type and length, and zeros the rest. */
    public static void begin(ByteBuffer frame, byte type, int payloadLength) {
        frame.putInt(0, MAGIC | type << 24);
        frame.putInt(PAYLOAD_LENGTH, payloadLength);
        for (int offset = CORRELATION; offset < HEADER_LENGTH; offset += Long.BYTES) {
            frame.putLong(offset, 0);
        }
    }

    /** Whether a header begins as one does, and its length is within bounds. */
    public static boolean isSane(int firstWord, int payloadLength) {
        return (firstWord & 0xFFFFFF) == MAGIC
                && payloadLength >= 0
                && payloadLength <= PAYLOAD_MAX;
    }

    /** Checksum of a header, to go on with over the payload. */
    public static void startChecksum(CRC32C checksum, ByteBuffer frame) {
        checksum.reset();
        update(checksum, frame, 0, CRC);
    }

    /** Goes on over bytes of a buffer, whose position and limit are changed. */
    public static void update(CRC32C checksum, ByteBuffer bytes, int start, int length) {
        bytes.limit(start + length).position(start);
        checksum.update(bytes);
    }
}
