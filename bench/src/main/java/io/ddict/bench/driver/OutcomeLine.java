package io.ddict.bench.driver;

import io.ddict.bench.gups.Kernel;
import io.ddict.bench.gups.Outcome;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The form of an {@link Outcome} on the wire. */
final class OutcomeLine {
    private static final String NO_HISTOGRAM = "-";

    private OutcomeLine() {}

    static String of(Outcome outcome) {
        return String.join(
                " ",
                "done",
                Long.toString(outcome.ops()),
                Long.toString(outcome.startNs()),
                Long.toString(outcome.endNs()),
                Long.toString(outcome.allocatedLength()),
                Long.toString(outcome.compilationNs()),
                text(outcome.latenciesNs()));
    }

    static Outcome parse(String[] words) {
        return new Outcome(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                histogram(words[6]));
    }

    private static String text(@Nullable Histogram histogram) {
        if (histogram == null) {
            return NO_HISTOGRAM;
        }
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        histogram.encodeIntoCompressedByteBuffer(bytes);
        bytes.flip();
        return new String(
                Base64.getEncoder().encode(bytes).array(),
                java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static @Nullable Histogram histogram(String text) {
        if (text.equals(NO_HISTOGRAM)) {
            return null;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
            return Histogram.decodeFromCompressedByteBuffer(bytes, Kernel.LATENCY_NS_MAX);
        } catch (DataFormatException e) {
            throw new IllegalArgumentException("histogram of a client damaged", e);
        }
    }
}
