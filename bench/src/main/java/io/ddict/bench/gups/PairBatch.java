package io.ddict.bench.gups;

import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Store;

/** The pairs of a batch, each in arrays of its own that are used for every batch. One thread. */
final class PairBatch {
    private static final int PAIRS_MAX = 64;
    private static final int LENGTH_MAX = 256 << 10;

    private final Keys[] keyMakers;
    private final Values[] valueMakers;
    private final byte[][] keys;
    private final byte[][] values;

    /**
     * Makes the arrays.
     *
     * @param keysMax most pairs whose keys differ
     */
    PairBatch(int valueLength, int keysMax) {
        int pairs = Math.min(keysMax, pairsMax(valueLength));
        keyMakers = new Keys[pairs];
        valueMakers = new Values[pairs];
        keys = new byte[pairs][];
        values = new byte[pairs][];
        for (int i = 0; i < pairs; i++) {
            keyMakers[i] = new Keys();
            valueMakers[i] = new Values(valueLength);
        }
    }

    /** Pairs of a batch, of which one is too long for two. */
    static int pairsMax(int valueLength) {
        return Math.clamp(LENGTH_MAX / (Keys.LENGTH + valueLength), 1, PAIRS_MAX);
    }

    int pairs() {
        return keys.length;
    }

    /** Makes one pair of the next batch. */
    void set(int pair, long index, int version) {
        keys[pair] = keyMakers[pair].of(index);
        values[pair] = valueMakers[pair].of(index, version);
    }

    void putTo(Store store) {
        store.putBatch(keys, values);
    }
}
