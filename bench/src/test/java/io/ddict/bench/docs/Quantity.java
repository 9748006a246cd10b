package io.ddict.bench.docs;

import io.ddict.client.ByteSize;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers with their units, as pages and constants have them, in bytes, nanoseconds or ones: so
 * that {@code 4 KiB} equals 4096 and {@code 10 s} a duration.
 */
final class Quantity {
    private static final Pattern TEXT = Pattern.compile("(-?[\\d,]+)(?: ([A-Za-z]+))?");
    private static final Pattern CONSTANT = Pattern.compile("`(\\w+)\\.(\\w+)`(?: ([-+]) (\\d+))?");
    private static final Map<String, Long> UNITS = units();

    /** Packages that constants may lie in. */
    private static final String[] PACKAGES = {
        "io.ddict.store.pool.", "io.ddict.store.", "io.ddict.client.", "io.ddict.client.codec.",
        "io.ddict.client.channel.", "io.ddict.client.channel.shm.", "io.ddict.client.node.",
        "io.ddict.client.classes.", "io.ddict.manager.classes.",
        "io.ddict.client.protocol.", "io.ddict.manager.", "io.ddict.manager.persist.",
        "io.ddict.manager.cluster.", "io.ddict.manager.cluster.raft.",
        "io.ddict.manager.launch.", "io.ddict.manager.launch.ranks.", "io.ddict.pool.",
        "io.ddict.pool.sync.",
        "io.ddict.manager.serving.", "io.ddict.manager.tools.", "io.ddict.jcache.",
        "io.ddict.client.channel.tcp.", "io.ddict.manager.gateway.", "io.ddict.client.wire."};

    private Quantity() {}

    private static Map<String, Long> units() {
        Map<String, Long> units = new HashMap<>();
        units.put("B", 1L);
        units.put("KiB", 1L << 10);
        units.put("MiB", 1L << 20);
        units.put("GiB", 1L << 30);
        units.put("ns", 1L);
        units.put("us", TimeUnit.MICROSECONDS.toNanos(1));
        units.put("ms", TimeUnit.MILLISECONDS.toNanos(1));
        units.put("s", TimeUnit.SECONDS.toNanos(1));
        return units;
    }

    /** The number that a cell begins with. */
    static long of(String cell) {
        Matcher text = TEXT.matcher(cell);
        if (!text.lookingAt()) {
            throw new IllegalArgumentException("no number: cell=" + cell);
        }
        long number = Long.parseLong(text.group(1).replace(",", ""));
        return number * (text.group(2) == null ? 1 : UNITS.getOrDefault(text.group(2), 1L));
    }

    /** The value of the constant that a cell names, such as {@code `PostingRing.LINKS_MAX` - 1}. */
    static long ofConstant(String cell) throws ReflectiveOperationException {
        Matcher named = CONSTANT.matcher(cell);
        if (!named.matches()) {
            throw new IllegalArgumentException("names no constant: cell=" + cell);
        }
        var field = type(named.group(1)).getDeclaredField(named.group(2));
        field.setAccessible(true);
        long value = switch (field.get(null)) {
            case ByteSize size -> size.bytes();
            case Duration duration -> duration.toNanos();
            case Number number -> number.longValue() * unit(named.group(2));
            case null, default -> throw new IllegalArgumentException("no number: cell=" + cell);
        };
        long operand = named.group(4) == null ? 0 : Long.parseLong(named.group(4));
        return "-".equals(named.group(3)) ? value - operand : value + operand;
    }

    private static long unit(String constant) {
        return constant.matches("(.*_)?MS(_.*)?") ? TimeUnit.MILLISECONDS.toNanos(1) : 1;
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        for (String each : PACKAGES) {
            try {
                return Class.forName(each + name, false, Quantity.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                // In another package.
            }
        }
        throw new ClassNotFoundException("in none of the packages: class=" + name);
    }
}
