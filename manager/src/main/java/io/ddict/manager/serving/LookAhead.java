package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.Preload;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** The next few posted operations, with what they will need on its way into the cache. */
final class LookAhead {
    static final int COUNT = Preload.KEYS;

    private final MemoryPool pool;
    private final PostingRing ring;
    private final Int2ObjectHashMap<Link> links;
    private final @Nullable Link[] linkOf = new @Nullable Link[COUNT];
    private final boolean[] seals = new boolean[COUNT];
    private final long[] offsets = new long[COUNT];
    private final long[] hashes = new long[COUNT];
    private final long[] guesses = new long[COUNT];

    LookAhead(MemoryPool pool, Int2ObjectHashMap<Link> links) {
        this.pool = pool;
        this.ring = pool.mapped().ring();
        this.links = links;
    }

    /** Looks at the operations from a position on that are there; returns how many. */
    int load(long position) {
        int count = 0;
        while (count < COUNT && ring.isFilled(position + count)) {
            loadOperation(count, ring.slot(position + count));
            count++;
        }
        pool.mapped().preload().load(hashes, guesses, count);
        return count;
    }

    /** The link of an operation, or null if there is none or its bounds make no sense. */
    @Nullable Link link(int index) {
        return linkOf[index];
    }

    /** Whether the operation is a SEAL, which has no link. */
    boolean isSeal(int index) {
        return seals[index];
    }

    /** Where the operation lies in the link's region. */
    long offset(int index) {
        return offsets[index];
    }

    /** The ordinal that the operation's key may have, or 0. */
    int ordinal(int index) {
        return pool.guessedOrdinal(guesses[index]);
    }

    private void loadOperation(int index, long slot) {
        Link link = links.get(PostingRing.link(slot));
        long offset =
                LinkLayout.STAGING_OFFSET
                        + (long) PostingRing.stagingIndex(slot) * PostingRing.STAGING_UNIT;
        offsets[index] = offset;
        seals[index] = PostingRing.link(slot) == PostingRing.LINK_OF_SEAL;
        if (link != null && offset + Operation.HEADER_LENGTH <= link.region().length()) {
            linkOf[index] = link;
            hashes[index] = Operation.hashAt(link.region(), offset);
        } else {
            linkOf[index] = null;
            hashes[index] = 0;
        }
    }
}
