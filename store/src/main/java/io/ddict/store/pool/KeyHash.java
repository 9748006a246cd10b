package io.ddict.store.pool;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/*
 * The 64-bit hash of a key (rapidhash V3 of the canonical bytes, with the dictionary's seed) and
 * which bits of it choose what.
 *
 *   bits    chooses
 *   48..63  the slot of the shard table, so the manager
 *   32..47  the posting mark
 *   31..63  the hint tag, as many of them as there is room for
 *   0..30   the hint set
 *
 * Slot, mark and set take disjoint bits: were they to share some, the keys of one manager would
 * crowd into a few marks and sets. The hint tag only has to tell keys of one set apart, and the
 * ring tag (16 bits, never 0), which folds all of them, the few operations that wait in the ring.
 *
 * Against the other 64-bit hashes of hash4j at 8, 16 and 128 bytes rapidhash was as fast as XXH3, and
 * takes a fiftieth of its time to seed.
 */

/** Hashes key bytes under a dictionary's seed; thread-safe. Cuts a hash into indexes. */
public final class KeyHash {
    /** Slots of the shard table. */
    public static final int SHARD_SLOTS = 1 << 16;

    static final int HINT_SET_BITS = 31;

    // The golden ratio's fraction in 64 bits, an odd number: no two tags share a product.
    private static final long TAG_MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final Hasher64 hasher;

    /** Hashes under a seed. */
    public KeyHash(long seed) {
        this.hasher = Hashing.rapidhashV3(seed);
    }

    /** Hashes the canonical bytes of a key and the tag of its type. */
    public long of(byte[] bytes, int offset, int length, byte keyTag) {
        return hasher.hashBytesToLong(bytes, offset, length) ^ keyTag * TAG_MULTIPLIER;
    }

    /** The manager, out of {@code managerCount}, that owns the key. */
    public static int manager(long hash, int managerCount) {
        return (int) (((hash >>> 48) * managerCount) >>> 16);
    }

    /** Index of the key's posting mark. */
    static int markIndex(long hash, int markMask) {
        return (int) (hash >>> 32) & 0xFFFF & markMask;
    }

    /** The bits of a key that choose its hint set. */
    static long hintSetBits(long hash) {
        return hash & (1L << HINT_SET_BITS) - 1;
    }

    /** The bits of a key that its hint holds, from the lowest on. */
    static long hintTag(long hash) {
        return hash >>> HINT_SET_BITS;
    }

    /** The bits of a key that its ring slot holds; never {@link PostingRing#TAG_ALL}. */
    public static int ringTag(long hash) {
        long folded = hash ^ (hash >>> 16) ^ (hash >>> 32) ^ (hash >>> 48);
        int tag = (int) folded & 0xFFFF;
        return tag == PostingRing.TAG_ALL ? 1 : tag;
    }
}
