package io.ddict.client.codec;

/**
 * The tag of every form of bytes that was ever stored. Numbers are appended, never reused, and a
 * form never changes under its number: stored dictionaries outlive programs.
 */
final class Tags {
    /** A component of a key that is null; never the tag of a whole key or value. */
    static final byte NULL = 0;

    static final byte BYTES = 1;
    static final byte STRING = 2;
    static final byte LONG = 3;
    static final byte INTEGER = 4;
    static final byte SHORT = 5;
    static final byte BYTE = 6;
    static final byte BOOLEAN = 7;
    static final byte CHARACTER = 8;
    static final byte DOUBLE = 9;
    static final byte FLOAT = 10;
    static final byte UUID = 11;
    static final byte BOOLEANS = 12;
    static final byte SHORTS = 13;
    static final byte CHARS = 14;
    static final byte INTS = 15;
    static final byte LONGS = 16;
    static final byte FLOATS = 17;
    static final byte DOUBLES = 18;
    static final byte BYTE_BUFFER = 19;
    static final byte MEMORY_SEGMENT = 20;
    static final byte BIG_INTEGER = 21;
    static final byte BIG_DECIMAL = 22;
    static final byte INSTANT = 23;
    static final byte DURATION = 24;
    static final byte LOCAL_DATE = 25;
    static final byte LOCAL_TIME = 26;
    static final byte LOCAL_DATE_TIME = 27;

    /** Keys only: class name, constant name. */
    static final byte ENUM = 28;

    /** Keys only: class name, components. */
    static final byte RECORD = 29;

    /** Keys only: elements. */
    static final byte LIST = 30;

    /** Values only: whatever Apache Fory writes. */
    static final byte OBJECT = 31;

    /** Tags of the user's codecs lie between these two; what is below is ours. */
    static final byte USER_FIRST = 64;

    static final byte USER_LAST = Byte.MAX_VALUE;

    private Tags() {}
}
