package io.ddict.bench.peers;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A store that answers with whole values in arrays of their own: other ways of reading copy out of
 * them. What it accepts is applied.
 */
abstract class WholeValueStore implements Store {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    @Override
    public final int get(byte[] key, byte[] buffer) {
        byte[] value = get(key);
        if (value == null) {
            return -1;
        }
        System.arraycopy(value, 0, buffer, 0, value.length);
        return value.length;
    }

    @Override
    public final long view(byte[] key) {
        byte[] value = get(key);
        if (value == null) {
            return ABSENT;
        }
        long first = (long) LONG.get(value, 0);
        return first == (long) LONG.get(value, value.length - Long.BYTES) ? first : MIXED;
    }

    @Override
    public final void awaitApplied() {}
}
