package io.ddict.jcache;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.DDictConfig;
import io.ddict.client.codec.Codecs;
import java.net.URI;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a cache manager's URI and properties say. A property is named as in the URI, with {@code ddict.}
 * before it, and goes before it.
 *
 * @param cluster name of the cluster that its caches lie in; {@link #EMBEDDED} for this process's own
 * @param totalMemory memory of each cache that is made
 * @param managersPerNode managers of each cache that is made
 * @param timeout longest wait of a call that has to wait
 * @param codecs the user's, for keys and values; null for the built-in ones
 */
record ManagerSettings(
        String cluster,
        ByteSize totalMemory,
        int managersPerNode,
        Duration timeout,
        @Nullable Codecs codecs) {
    static final String SCHEME = "ddict";
    static final String EMBEDDED = "embedded";

    /** Memory of a cache unless set: a cache holds less than a store, and a program has many. */
    static final ByteSize TOTAL_MEMORY_DEFAULT = ByteSize.mib(64);

    private static final String TOTAL_MEMORY = "totalMemory";
    private static final String MANAGERS_PER_NODE = "managersPerNode";
    private static final String TIMEOUT = "timeout";
    private static final List<String> KNOWN = List.of(TOTAL_MEMORY, MANAGERS_PER_NODE, TIMEOUT);
    private static final String PROPERTY_PREFIX = SCHEME + ".";
    private static final String CODECS_PROPERTY = PROPERTY_PREFIX + "codecs";

    /**
     * Reads both.
     *
     * @throws IllegalArgumentException if one is malformed, or the URI has a setting that is none
     */
    static ManagerSettings of(URI uri, Properties properties) {
        String specific = uri.getSchemeSpecificPart();
        if (!SCHEME.equals(uri.getScheme()) || specific.startsWith("/")) {
            throw new IllegalArgumentException(
                    "not a URI of caches: uri=" + uri + "; it looks like ddict:embedded or"
                            + " ddict:<cluster>?totalMemory=256MiB");
        }
        String[] parts = specific.split("\\?", 2);
        Map<String, String> settings = parts.length == 1 ? new HashMap<>() : query(uri, parts[1]);
        for (String name : KNOWN) {
            String property = properties.getProperty(PROPERTY_PREFIX + name);
            if (property != null) {
                settings.put(name, property);
            }
        }
        return new ManagerSettings(
                parts[0],
                ByteSize.parse(settings.getOrDefault(
                        TOTAL_MEMORY, Long.toString(TOTAL_MEMORY_DEFAULT.bytes()))),
                number(settings.getOrDefault(MANAGERS_PER_NODE, "1")),
                settings.containsKey(TIMEOUT)
                        ? duration(settings.get(TIMEOUT))
                        : AttachOptions.DEFAULTS.timeout(),
                properties.get(CODECS_PROPERTY) instanceof Codecs given ? given : null);
    }

    private static Map<String, String> query(URI uri, String query) {
        Map<String, String> settings = Arrays.stream(query.split("&", -1))
                .map(each -> each.split("=", 2))
                .collect(Collectors.toMap(
                        each -> each[0], each -> each.length == 1 ? "" : each[1],
                        (first, second) -> second, HashMap::new));
        for (String name : settings.keySet()) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("URI has an unknown setting: setting=" + name
                        + ", known=" + KNOWN + ", uri=" + uri);
            }
        }
        return settings;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "not a number: " + MANAGERS_PER_NODE + "=" + text, e);
        }
    }

    // 10s and 500ms say more to most than PT10S and PT0.5S.
    private static Duration duration(String text) {
        try {
            if (text.endsWith("ms")) {
                return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
            }
            return Duration.parse(text.startsWith("P") ? text : "PT" + text);
        } catch (DateTimeParseException | NumberFormatException e) {
            throw new IllegalArgumentException(
                    "not a duration: " + TIMEOUT + "=" + text + "; it looks like 10s or 500ms", e);
        }
    }

    boolean isEmbedded() {
        return cluster.equals(EMBEDDED);
    }

    /** How a cache's dictionary is made. */
    DDictConfig config(String name) {
        return DDictConfig.builder()
                .name(name)
                .totalMemory(totalMemory)
                .managersPerNode(managersPerNode)
                .timeout(timeout)
                .build();
    }

    /** How a cache's dictionary is attached to. */
    AttachOptions options() {
        return new AttachOptions(timeout, AttachOptions.DEFAULTS.codecs());
    }
}
