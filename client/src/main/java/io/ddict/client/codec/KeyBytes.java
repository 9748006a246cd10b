package io.ddict.client.codec;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.MemorySegment;

/*
 * The hash is rapidhash V3 of the bytes under the seed. It was measured against the other 64-bit
 * hashes of hash4j at 8, 16 and 128 bytes: XXH3 is as fast, but takes 50 times as long to seed;
 * xxHash64 and MetroHash win at 8 bytes and take twice as long at 128. The tag is mixed in by an
 * exclusive or, which keeps equal bytes under different tags apart and leaves the quality of every
 * bit as it was.
 */
/**
 * The canonical bytes of one key, as {@link Codecs#encodeKey} left them: in the caller's own array
 * for a {@code byte[]} key, else in an array that the next key overwrites. Belongs to one thread at
 * a time, and is meant to be kept and reused: with seeds that do not change, nothing is allocated.
 */
public final class KeyBytes {
    /** Most bytes a key may have; its length is stored in two. */
    public static final int LENGTH_MAX = 0xFFFF;

    // Deep enough for any key of sense, shallow enough for every stack; a list that holds itself
    // ends here.
    static final int DEPTH_MAX = 64;

    // The golden ratio's fraction in 64 bits, an odd number: no two tags share a product.
    private static final long TAG_MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final Scratch keyScratch = new Scratch();
    private final Scratch valueScratch = new Scratch();
    private MemorySegment keySegment = MemorySegment.ofArray(keyScratch.array());
    private byte[] array = keyScratch.array();
    private int offset;
    private int length;
    private byte tag;
    private int depth;
    private long hasherSeed;
    private Hasher64 hasher = Hashing.rapidhashV3(hasherSeed);

    /** Holds no key until one is encoded into it. */
    public KeyBytes() {}

    /** Where the key's bytes are; to be read only, for it may be the caller's own key. */
    public byte[] array() {
        return array;
    }

    /** Index of the first byte in the array. */
    public int offset() {
        return offset;
    }

    /** How many bytes the key has, at most {@link #LENGTH_MAX}. */
    public int length() {
        return length;
    }

    /** Names the form of the bytes; part of the key. */
    public byte tag() {
        return tag;
    }

    /**
     * Hashes tag and bytes; every bit of the result depends on every bit of the bytes and of the
     * seed. The same on all machines, so it may be stored.
     *
     * @param seed the dictionary's; another one than the last time costs a small object
     */
    public long hash(long seed) {
        if (seed != hasherSeed) {
            hasher = Hashing.rapidhashV3(seed);
            hasherSeed = seed;
        }
        return hasher.hashBytesToLong(array, offset, length) ^ tag * TAG_MULTIPLIER;
    }

    /** Takes the bytes of a key that was encoded before, where they are. */
    public void wrap(byte tag, byte[] bytes, int offset, int length) {
        requireLength(length);
        this.tag = tag;
        this.array = bytes;
        this.offset = offset;
        this.length = length;
    }

    /** Begins a key of which no byte is there yet. */
    void start(byte tag) {
        this.tag = tag;
        array = keyScratch.array();
        offset = 0;
        length = 0;
        depth = 0;
    }

    /**
     * Appends bytes that the caller fills in next, in {@link #array()} or {@link #segment()}.
     *
     * @return index of the first of them
     */
    int append(long count) {
        requireLength(length + count);
        int start = length;
        length += (int) count;
        // One more, for the zero that is written behind text.
        if (length >= array.length) {
            // Content below is kept, also that of the key's earlier components.
            array = keyScratch.ensure(length + 1);
            keySegment = MemorySegment.ofArray(array);
        }
        return start;
    }

    /** Goes one level down into a list or record. */
    void enter() {
        if (++depth > DEPTH_MAX) {
            throw new IllegalArgumentException("key nested too deeply: depthMax=" + DEPTH_MAX);
        }
    }

    void leave() {
        depth--;
    }

    /** The array of a key that is being appended to, as a segment. */
    MemorySegment segment() {
        return keySegment;
    }

    /** For codecs that need one of their own. */
    Scratch valueScratch() {
        return valueScratch;
    }

    static void requireLength(long length) {
        if (length > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "key too long: keyLength=" + length + "B, keyLengthMax=" + LENGTH_MAX + "B");
        }
    }
}
