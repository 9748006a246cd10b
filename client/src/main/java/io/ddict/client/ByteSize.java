package io.ddict.client;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes.
 *
 * @param bytes at least 0
 */
public record ByteSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d+)\\s*([kmgt]?)(?:i?b)?");

    /** Checks the range. */
    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("negative size: bytes=" + bytes);
        }
    }

    /** So many bytes. */
    public static ByteSize bytes(long count) {
        return new ByteSize(count);
    }

    /** So many times 1024 bytes. */
    public static ByteSize kib(long count) {
        return new ByteSize(Math.multiplyExact(count, 1L << 10));
    }

    /** So many times 1024 KiB. */
    public static ByteSize mib(long count) {
        return new ByteSize(Math.multiplyExact(count, 1L << 20));
    }

    /** So many times 1024 MiB. */
    public static ByteSize gib(long count) {
        return new ByteSize(Math.multiplyExact(count, 1L << 30));
    }

    /**
     * Reads a text such as {@code 512m}, {@code 4 GiB} or {@code 1048576}; units are powers of 1024.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static ByteSize parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size: text=" + text);
        }
        int power = matcher.group(2).isEmpty() ? 0 : "kmgt".indexOf(matcher.group(2)) + 1;
        return new ByteSize(
                Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power)));
    }

    /** The size in the largest unit that it is a whole number of. */
    @Override
    public String toString() {
        if (bytes == 0) {
            return "0 B";
        }
        int unit = Math.min(Long.numberOfTrailingZeros(bytes) / 10, 4);
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        return (bytes >> (10 * unit)) + " " + units[unit];
    }
}
