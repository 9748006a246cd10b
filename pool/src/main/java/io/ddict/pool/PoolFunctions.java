package io.ddict.pool;

import io.ddict.client.DDict;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/*
 * Most programs map the same few functions again and again. What has the same bytes is the same function,
 * and keeps its number; workers keep what they decoded by number. What nobody uses is kept for the next
 * time if it is small, and there are not too many.
 */

/** The functions of a pool, each stored once in its dictionary. Safe from any thread. */
final class PoolFunctions {
    /** How many are kept, by the pool and by each of its processes. */
    static final int KEPT_MAX = 128;

    private static final int KEPT_LENGTH_MAX = 16 << 10;

    private final DDict<Object, Object> dict;
    private final Map<ByteBuffer, Published> byBytes = new LinkedHashMap<>(16, 0.75F, true);
    private long next = PoolChunk.NO_FUNCTION + 1;

    PoolFunctions(DDict<Object, Object> dict) {
        this.dict = dict;
    }

    /** Stores a function, unless it is there; {@link #release} must follow. */
    synchronized Published use(byte[] function) {
        ByteBuffer key = ByteBuffer.wrap(function);
        Published known = byBytes.get(key);
        if (known == null) {
            known = new Published(next++, function.length);
            dict.put(known.number, function);
            byBytes.put(key, known);
        }
        known.users++;
        return known;
    }

    /** Somebody's tasks are all done. */
    synchronized void release(Published function) {
        function.users--;
        if (function.users == 0 && function.length > KEPT_LENGTH_MAX) {
            forget(function);
        }
        for (Iterator<Published> each = byBytes.values().iterator(); each.hasNext()
                && byBytes.size() > KEPT_MAX;) {
            Published oldest = each.next();
            if (oldest.users == 0) {
                each.remove();
                remove(oldest);
            }
        }
    }

    private void forget(Published function) {
        if (byBytes.values().removeIf(each -> each.number == function.number)) {
            remove(function);
        }
    }

    // Not by the thread that hands out results: a removal has an answer.
    private void remove(Published function) {
        var _ = dict.async().remove(function.number);
    }

    /** A function that is stored. */
    static final class Published {
        private final long number;
        private final int length;
        private int users;

        Published(long number, int length) {
            this.number = number;
            this.length = length;
        }

        long number() {
            return number;
        }
    }
}
