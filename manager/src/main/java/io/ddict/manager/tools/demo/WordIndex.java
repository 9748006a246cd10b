package io.ddict.manager.tools.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/*
 * Words and their postings, in a table of open addressing that is made for one thing: to count each
 * word of a text without making an object for it. A word is looked up by its bytes where they lie
 * in the text, and gets the next ordinal if it is new; `words`, `hashes`, `postings` and `lengths`
 * are by ordinal. Postings are pairs (file number, occurrences) in one array, by ascending file
 * number, as files come in that order; the last pair is the one being counted.
 *
 * The encoded form of one partition is, for each of its words and little-endian:
 *
 *   length of the word in bytes (1 byte), its bytes, number of postings (4 bytes),
 *   file number and occurrences of each (4 bytes each)
 */

/** Collects which words occur in which files, and how often. Belongs to one thread. */
final class WordIndex {
    /** Longer runs of letters and digits are data, not words; also what one byte can tell. */
    static final int WORD_LENGTH_MAX = 255;

    private static final boolean[] WORD_BYTES = new boolean[256];

    static {
        IntStream.range(0, 128)
                .filter(c -> Character.isLetterOrDigit(c) || c == '_' || c == '$')
                .forEach(c -> WORD_BYTES[c] = true);
    }

    private byte[][] words = new byte[1024][];
    private int[] hashes = new int[1024];
    private int[][] postings = new int[1024][];
    private int[] lengths = new int[1024];
    private int count;

    // Ordinals plus one, so that 0 is free; at most half full.
    private int[] slots = new int[4096];

    /** Number of different words. */
    int count() {
        return count;
    }

    /**
     * Counts the words of a text: runs of ASCII letters, digits, {@code _} and {@code $} that do not
     * start with a digit.
     *
     * @param file number of the file, not below any added before
     */
    void add(int file, byte[] text) {
        int position = 0;
        while (position < text.length) {
            int start = position;
            int hash = 0;
            while (position < text.length && WORD_BYTES[text[position] & 0xff]) {
                hash = 31 * hash + text[position++];
            }
            if (isWord(text, start, position)) {
                addOccurrence(ordinalOf(text, start, position, mix(hash)), file);
            }
            position++;
        }
    }

    /** The words of each partition, encoded. */
    byte[][] encode(int partitions) {
        int[] encodedLengths = new int[partitions];
        for (int ordinal = 0; ordinal < count; ordinal++) {
            encodedLengths[partitionOf(hashes[ordinal], partitions)] +=
                    1 + words[ordinal].length + Integer.BYTES * (1 + lengths[ordinal]);
        }
        ByteBuffer[] buffers = new ByteBuffer[partitions];
        Arrays.setAll(buffers, partition -> littleEndian(new byte[encodedLengths[partition]]));
        for (int ordinal = 0; ordinal < count; ordinal++) {
            ByteBuffer buffer = buffers[partitionOf(hashes[ordinal], partitions)];
            buffer.put((byte) words[ordinal].length).put(words[ordinal]);
            buffer.putInt(lengths[ordinal] / 2);
            for (int i = 0; i < lengths[ordinal]; i++) {
                buffer.putInt(postings[ordinal][i]);
            }
        }
        return Arrays.stream(buffers).map(ByteBuffer::array).toArray(byte[][]::new);
    }

    /** Adds what another index encoded; its file numbers are above all added before. */
    void merge(byte[] encoded) {
        ByteBuffer buffer = littleEndian(encoded);
        while (buffer.hasRemaining()) {
            int wordLength = buffer.get() & 0xff;
            int start = buffer.position();
            int end = start + wordLength;
            int hash = 0;
            for (int i = start; i < end; i++) {
                hash = 31 * hash + encoded[i];
            }
            int ordinal = ordinalOf(encoded, start, end, mix(hash));
            buffer.position(end);
            int added = 2 * buffer.getInt();
            reservePostings(ordinal, added);
            for (int i = 0; i < added; i++) {
                postings[ordinal][lengths[ordinal]++] = buffer.getInt();
            }
        }
    }

    /** Calls with each word and its postings. */
    void forEach(BiConsumer<String, int[]> consumer) {
        for (int ordinal = 0; ordinal < count; ordinal++) {
            consumer.accept(word(ordinal), Arrays.copyOf(postings[ordinal], lengths[ordinal]));
        }
    }

    /** The words that occur most often, in that order; those of equal number by the alphabet. */
    List<String> mostFrequent(int limit) {
        return IntStream.range(0, count)
                .mapToObj(ordinal -> new WordCount(word(ordinal), occurrences(ordinal)))
                .sorted(Comparator.comparingLong(WordCount::occurrences)
                        .reversed()
                        .thenComparing(WordCount::word))
                .limit(limit)
                .map(WordCount::word)
                .toList();
    }

    private record WordCount(String word, long occurrences) {}

    private static boolean isWord(byte[] text, int start, int end) {
        return start < end
                && end - start <= WORD_LENGTH_MAX
                && !(text[start] >= '0' && text[start] <= '9');
    }

    private void addOccurrence(int ordinal, int file) {
        int length = lengths[ordinal];
        if (length > 0 && postings[ordinal][length - 2] == file) {
            postings[ordinal][length - 1]++;
            return;
        }
        reservePostings(ordinal, 2);
        postings[ordinal][length] = file;
        postings[ordinal][length + 1] = 1;
        lengths[ordinal] = length + 2;
    }

    private void reservePostings(int ordinal, int added) {
        int needed = lengths[ordinal] + added;
        if (needed > postings[ordinal].length) {
            // Most words are in few files, so the first arrays are small.
            postings[ordinal] =
                    Arrays.copyOf(postings[ordinal], Math.max(needed, 2 * lengths[ordinal]));
        }
    }

    private int ordinalOf(byte[] text, int start, int end, int hash) {
        int slot = hash & (slots.length - 1);
        while (slots[slot] != 0) {
            int ordinal = slots[slot] - 1;
            byte[] word = words[ordinal];
            if (hashes[ordinal] == hash && Arrays.equals(word, 0, word.length, text, start, end)) {
                return ordinal;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = count + 1;
        return addWord(Arrays.copyOfRange(text, start, end), hash);
    }

    private int addWord(byte[] word, int hash) {
        if (count == words.length) {
            growWords();
        }
        words[count] = word;
        hashes[count] = hash;
        postings[count] = new int[2];
        count++;
        if (2 * count > slots.length) {
            growSlots();
        }
        return count - 1;
    }

    private void growWords() {
        words = Arrays.copyOf(words, 2 * count);
        hashes = Arrays.copyOf(hashes, 2 * count);
        postings = Arrays.copyOf(postings, 2 * count);
        lengths = Arrays.copyOf(lengths, 2 * count);
    }

    private void growSlots() {
        slots = new int[2 * slots.length];
        for (int ordinal = 0; ordinal < count; ordinal++) {
            int slot = hashes[ordinal] & (slots.length - 1);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = ordinal + 1;
        }
    }

    private String word(int ordinal) {
        return new String(words[ordinal], StandardCharsets.US_ASCII);
    }

    private long occurrences(int ordinal) {
        return Postings.occurrences(postings[ordinal], lengths[ordinal]);
    }

    /** High bits, as the table's slots go by the low ones. */
    private static int partitionOf(int hash, int partitions) {
        return (hash >>> 16) % partitions;
    }

    /** Spreads a polynomial over all bits; the constants are MurmurHash3's. */
    private static int mix(int hash) {
        int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
        return mixed ^ (mixed >>> 16);
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
