package io.ddict.manager.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The keys of all clients, as the present service has them, and values. */
final class Dataset {
    // Nothing, short, around what a value shares a page with others, goes in its own frame or in parts.
    private static final int[] LENGTHS = {
        0, 1, 8, 100, 2_000, 3_900, 4_096, 5_000, 64 << 10, (64 << 10) + 1, 100_000,
        (252 << 10) - 1, 252 << 10, (252 << 10) + 1, 2 * (252 << 10), 600_000
    };
    private static final byte[] CONTENT = new byte[700_000];

    static {
        new SplittableRandom(1).nextBytes(CONTENT);
    }

    private final List<String> names = new ArrayList<>();
    private final List<KeyModel> keys = new ArrayList<>();
    private final boolean isLarge;
    private int epoch;
    private int values;

    Dataset(SplittableRandom random) {
        // Now and then so much that there is no room for it.
        this.isLarge = random.nextInt(8) == 0;
    }

    /** Adds a key; its number. */
    int add(String name) {
        names.add(name);
        keys.add(new KeyModel());
        return keys.size() - 1;
    }

    int count() {
        return keys.size();
    }

    String name(int key) {
        return names.get(key);
    }

    KeyModel model(int key) {
        return keys.get(key);
    }

    /** Another service came, which knows nothing. */
    void isReplaced() {
        epoch++;
        keys.replaceAll(key -> new KeyModel());
    }

    /** How many services there were before. */
    int epoch() {
        return epoch;
    }

    /** Makes a value that no other is like, but for very short ones. */
    KeyModel.Value value(SplittableRandom random, int lengthMax) {
        int least = isLarge ? LENGTHS.length / 2 : 0;
        int length = LENGTHS[least + random.nextInt(LENGTHS.length - least)];
        if (length > lengthMax || random.nextInt(6) > (isLarge ? 3 : 0)) {
            length = random.nextInt(200);
        }
        int number = ++values;
        byte[] bytes = new byte[length];
        System.arraycopy(CONTENT, number % 90_000, bytes, 0, length);
        for (int index = 0; index < Math.min(4, length); index++) {
            bytes[index] = (byte) (number >> index * Byte.SIZE);
        }
        return new KeyModel.Value(bytes);
    }
}
