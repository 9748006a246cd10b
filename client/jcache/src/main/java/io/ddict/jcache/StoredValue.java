package io.ddict.jcache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/*  offset  length  field
 *  0       8       expiryMs, since 1970 by this machine's clock; EXPIRES_NEVER for no expiry
 *  8       1       form of the value: the tag of a codec, or SERIALIZED
 *  9       n       value
 *
 * Little-endian, as all of DDict's numbers. The clock is the machine's, so processes agree about
 * it; where it is set back, entries live that much longer.
 */

/**
 * What the dictionary has under a key.
 *
 * @param bytes in this layout; belong to this value, so nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // It is never compared as a whole.
record StoredValue(byte[] bytes) {
    /** Expiry of what never expires. */
    static final long EXPIRES_NEVER = Long.MAX_VALUE;

    /** Form of what Java serialization wrote; codecs have tags above 0. */
    static final byte SERIALIZED = -1;

    /** Where the value begins. */
    static final int VALUE_OFFSET = 9;

    private static final int FORM_OFFSET = 8;
    private static final ValueLayout.OfLong EXPIRY =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A value of which only the place for its bytes is there; they follow at {@link #VALUE_OFFSET}. */
    static StoredValue ofForm(byte form, int valueLength) {
        byte[] bytes = new byte[Math.addExact(VALUE_OFFSET, valueLength)];
        bytes[FORM_OFFSET] = form;
        return new StoredValue(bytes).expiringAt(EXPIRES_NEVER);
    }

    byte form() {
        return bytes[FORM_OFFSET];
    }

    int valueLength() {
        return bytes.length - VALUE_OFFSET;
    }

    long expiryMs() {
        return MemorySegment.ofArray(bytes).get(EXPIRY, 0);
    }

    /** When what is stored in these bytes expires. */
    static long expiryMs(MemorySegment stored) {
        return stored.get(EXPIRY, 0);
    }

    /** The same value with another expiry; this one if it has that already. */
    StoredValue expiringAt(long expiryMs) {
        if (expiryMs() == expiryMs) {
            return this;
        }
        byte[] changed = bytes.clone();
        MemorySegment.ofArray(changed).set(EXPIRY, 0, expiryMs);
        return new StoredValue(changed);
    }

    boolean isExpired(long nowMs) {
        return expiryMs() <= nowMs;
    }
}
