package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.RecordLayout;

/*
 * A value whose time is over is absent for whoever looks at it, and is ended when somebody stores its key
 * again; the others are ended by walking over all entries, a few at a time. A walk that met no value
 * with a time ends it all until one is stored.
 */

/** Ends keys whose time is over. The manager's thread. */
public final class ExpirySweep {
    private final MemoryPool pool;
    private final EntryArray entries;
    private boolean isDue;
    private boolean isFound;
    private int next = 1;

    ExpirySweep(MemoryPool pool) {
        this.pool = pool;
        this.entries = pool.mapped().entries();
    }

    /** A value with this tag was stored or found. */
    void onStored(byte valueTag) {
        if (valueTag == RecordLayout.TAG_EXPIRING) {
            isDue = true;
            isFound = true;
        }
    }

    /** Whether there may be values with a time; most dictionaries have none. */
    public boolean isDue() {
        return isDue;
    }

    /**
     * Looks at so many entries more; needs {@link MemoryPool#afterBatch} afterwards if it ended any.
     *
     * @param position the applied position
     * @return how many keys it ended
     */
    public int step(int limit, long position) {
        int ended = 0;
        for (int i = 0; i < limit && isDue; i++) {
            if (next >= pool.ordinals().end()) {
                next = 1;
                isDue = isFound;
                isFound = false;
                return ended;
            }
            if (entries.handle(next) != Handle.NONE) {
                isFound |= pool.values().isTimed(next);
                if (pool.values().isOver(next)) {
                    pool.remove(next, pool.index().hashOf(pool.values().record(next)), position);
                    ended++;
                }
            }
            next++;
        }
        return ended;
    }
}
