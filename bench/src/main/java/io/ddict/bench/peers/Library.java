package io.ddict.bench.peers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Jars on the benchmark's class path that only some peers need. Others' clients do without them, so
 * that no store is measured among the classes of another.
 */
enum Library {
    CHRONICLE("chronicle-", "agrona"),
    LMDB("lmdbjava", "native-", "jffi", "jnr-"),
    REDIS("jedis", "redis-authx", "commons-pool2", "gson", "json-", "junixsocket"),
    MEMCACHED("spymemcached"),
    HAZELCAST("hazelcast"),
    IGNITE("ignite-", "cache-api");

    @SuppressWarnings("ImmutableEnumChecker") // List.of has no way to change it.
    private final List<String> prefixes;

    Library(String... prefixes) {
        this.prefixes = List.of(prefixes);
    }

    /** Accepts elements of a class path that belong to these libraries or to none. */
    static Predicate<String> only(Library... wanted) {
        List<Library> unwanted = Arrays.stream(values())
                .filter(library -> !List.of(wanted).contains(library))
                .toList();
        return element -> unwanted.stream().noneMatch(library -> library.has(element));
    }

    private boolean has(String element) {
        String file = Path.of(element).getFileName().toString();
        return prefixes.stream().anyMatch(file::startsWith);
    }
}
