package io.ddict.manager.tools;

import java.util.Locale;

/** Figures as a person reads them. */
final class Figures {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Figures() {}

    /** A count with its thousands set apart. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** A number of bytes in the largest unit of which there is at least one. */
    static String bytes(long bytes) {
        int unit = bytes == 0
                ? 0
                : Math.min((63 - Long.numberOfLeadingZeros(bytes)) / 10, UNITS.length - 1);
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, "%.1f %s", bytes / (double) (1L << (10 * unit)),
                        UNITS[unit]);
    }

    /** A part of a whole in percent. */
    static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.1f %%", whole == 0 ? 0 : 100.0 * part / whole);
    }

    /** Two numbers and all between, or one if they are the same. */
    static String range(long first, long last) {
        return first == last ? Long.toString(first) : first + ".." + last;
    }

    /** A time in milliseconds. */
    static String milliseconds(long ns) {
        return count(ns / 1_000_000) + " ms";
    }

    /** A time in the largest unit of which there is at least one, up to milliseconds. */
    static String time(long ns) {
        return ns < 1_000
                ? ns + " ns"
                : ns < 1_000_000
                        ? String.format(Locale.ROOT, "%.1f us", ns / 1e3)
                        : String.format(Locale.ROOT, "%.1f ms", ns / 1e6);
    }

    /** A time in seconds. */
    static String seconds(long ns) {
        return String.format(Locale.ROOT, "%.2f", ns / 1e9);
    }
}
