package io.ddict.client;

import io.ddict.store.pool.KeyHash;

/**
 * Chooses where keys are, in place of their hash: keys that are to be together get the same slot. The
 * slot's manager is its number modulo {@link DDict#managers()}, so that slots 0, 1, 2 are at managers 0,
 * 1, 2.
 *
 * <p>Every process that attaches has to bring the same function, by {@link AttachOptions#placement}: the
 * dictionary keeps its {@link #name} only, and refuses who brings none, or one of another name. No class
 * is ever loaded because a dictionary names it.
 *
 * {@snippet :
 * record ByCustomer() implements Placement {
 *     @Override
 *     public int slot(Object key) {
 *         return ((OrderKey) key).customer() % SLOTS;
 *     }
 * }
 * }
 */
public interface Placement {
    /** How many slots there are. */
    int SLOTS = KeyHash.SHARD_SLOTS;

    /**
     * The key's slot. Called by every call on a key, from any thread, so it should be quick, and depend
     * on the key alone; it must not call the dictionary. Keys that are equal in the dictionary are to get
     * equal slots: a {@code byte[]}, a {@code ByteBuffer} and a {@code MemorySegment} of the same bytes
     * are one key. What it throws, the call throws, before anything is sent.
     *
     * @return 0 to {@link #SLOTS} - 1; for anything else the call throws {@link
     *     IllegalArgumentException}
     */
    int slot(Object key);

    /**
     * By what processes tell whether they have the same function: the name of its class, unless it says
     * otherwise, as it must if what it is made with decides where keys go.
     *
     * @return 1 to 1,000 letters
     */
    default String name() {
        return getClass().getName();
    }

    /**
     * Stands for whatever a dictionary's placement is, in handles that need none: those of managers, and
     * calls that name no key. Calls that name one throw {@link IllegalStateException}. Where keys go by
     * their hash it changes nothing.
     */
    static Placement unknown() {
        return UnknownPlacement.UNKNOWN;
    }
}
