package io.ddict.client.channel.shm;

import java.lang.foreign.MemorySegment;

/** A value in place, which stays as it is until this is closed; any thread may do that, once. */
public final class HeldValue implements AutoCloseable {
    private final MemorySegment bytes;
    private final byte tag;
    private final long version;
    private final Pins pins;
    private final int pin;

    HeldValue(MemorySegment bytes, byte tag, long version, Pins pins, int pin) {
        this.bytes = bytes;
        this.tag = tag;
        this.version = version;
        this.pins = pins;
        this.pin = pin;
    }

    /** The encoded value. */
    public MemorySegment bytes() {
        return bytes;
    }

    /** Tag of its codec. */
    public byte tag() {
        return tag;
    }

    /** Version of its record. */
    public long version() {
        return version;
    }

    @Override
    public void close() {
        pins.release(pin);
    }
}
