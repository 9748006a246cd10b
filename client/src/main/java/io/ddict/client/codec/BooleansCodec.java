package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/** {@code boolean[]}: a byte each, zero is false. The JDK has no bulk copy for it. */
final class BooleansCodec implements Codec<boolean[]> {
    @Override
    public byte tag() {
        return Tags.BOOLEANS;
    }

    @Override
    public long prepare(boolean[] value, Scratch scratch) {
        return value.length;
    }

    @Override
    public void write(boolean[] value, Scratch scratch, MemorySegment target, long offset) {
        for (int i = 0; i < value.length; i++) {
            target.set(LittleEndian.BYTE, offset + i, (byte) (value[i] ? 1 : 0));
        }
    }

    @Override
    public boolean[] read(MemorySegment source, long offset, long length) {
        boolean[] value = new boolean[LittleEndian.requireElements(source, offset, length, 1)];
        for (int i = 0; i < value.length; i++) {
            value[i] = source.get(LittleEndian.BYTE, offset + i) != 0;
        }
        return value;
    }

    @Override
    public boolean rawCopy() {
        return true;
    }
}
