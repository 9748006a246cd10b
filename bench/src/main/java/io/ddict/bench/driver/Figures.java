package io.ddict.bench.driver;

import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;

/** How figures are written in tables. */
final class Figures {
    private static final int GIGABYTES_FROM_LENGTH = 16 << 10;

    private Figures() {}

    /** Such as {@code 2.44 M}; from 16 KiB on with GB/s behind it. */
    static String rate(Throughput throughput) {
        String rate = count(throughput.opsPerSecond());
        return throughput.valueLength() < GIGABYTES_FROM_LENGTH
                ? rate
                : format("%s (%.2f)", rate, throughput.gigabytesPerSecond());
    }

    /** Three digits and a unit of thousands. */
    static String count(double count) {
        if (count >= 1e6) {
            return format(count >= 1e7 ? "%.1f M" : "%.2f M", count / 1e6);
        }
        return count >= 1e4 ? format("%.0f k", count / 1e3) : format("%.0f", count);
    }

    /** Nanoseconds in the unit that suits them. */
    static String time(long ns) {
        if (ns < 10_000) {
            return ns + " ns";
        }
        return ns < 10_000_000 ? format("%.1f us", ns / 1e3) : format("%.1f ms", ns / 1e6);
    }

    /** CPUs that others used in the rounds of a run. */
    static String foreign(DoubleSummaryStatistics cpus) {
        return format("mean %.2f, most %.2f", cpus.getAverage(), cpus.getMax());
    }

    /** The middle one of figures; NaN of none. */
    static double median(List<Double> figures) {
        return figures.stream().sorted().skip(figures.size() / 2).findFirst().orElse(Double.NaN);
    }

    /** Bytes in a binary unit. */
    static String length(long bytes) {
        if (bytes >= 1 << 20) {
            return bytes / (1 << 20) + " MiB";
        }
        return bytes >= 1 << 10 ? bytes / (1 << 10) + " KiB" : bytes + " B";
    }

    /** With the same decimal point everywhere. */
    @SuppressWarnings("AnnotateFormatMethod") // Its annotations are no dependency of ours.
    static String format(String pattern, Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }
}
