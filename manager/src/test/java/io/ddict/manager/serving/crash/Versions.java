package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.manager.serving.crash.Effect.Outcome;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.WorkingSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/*
 * A dictionary of several checkpoints as a plain map: a version of a key is an entry under key@checkpoint,
 * a deletion mark one without a value, and an entry of its own tells the newest checkpoint. Nothing is
 * ever pruned. What readers may see of it is the same map with an entry for each held checkpoint.
 */

/** What operations do to a dictionary that holds several checkpoints. */
final class Versions {
    private static final String NEWEST = "newest";

    private Versions() {}

    static long newest(Map<String, Entry> entries) {
        Entry newest = entries.get(NEWEST);
        return newest == null ? 0 : newest.version();
    }

    /** What each held checkpoint sees, under key@checkpoint. */
    static Map<String, Entry> visible(Map<String, Entry> entries, WorkingSet rules) {
        Map<String, Entry> visible = new HashMap<>();
        long newest = newest(entries);
        for (long at = oldest(newest, rules); at <= newest; at++) {
            for (Map.Entry<String, Entry> each : visibleAt(entries, at).entrySet()) {
                visible.put(each.getKey() + '@' + at, each.getValue());
            }
        }
        return visible;
    }

    /** What a checkpoint sees, by key. */
    static Map<String, Entry> visibleAt(Map<String, Entry> entries, long at) {
        Map<String, Entry> visible = new HashMap<>();
        for (String key : keys(entries)) {
            Entry seen = seen(entries, key, at);
            if (seen != null) {
                visible.put(key, seen);
            }
        }
        return visible;
    }

    static long oldest(long newest, WorkingSet rules) {
        return Math.max(0, newest - rules.size() + 1);
    }

    /** Stores a value if the key has a version: any, 0 for none, or that very one. */
    static Effect put(String key, byte[] value, long version, long at, WorkingSet rules) {
        boolean isAnswered = version != Effect.ANY_VERSION;
        return (entries, position) -> {
            if (isAnswered && isRetired(entries, at, rules)) {
                return new Outcome(Status.RETIRED, 0);
            }
            Status status = Effect.condition(seen(entries, key, at), version);
            if (status == Status.OK) {
                store(entries, key, at, new Entry(value, false, position + 1));
            }
            return new Outcome(status, position + 1);
        };
    }

    /** Removes the key if it has a version. */
    static Effect remove(String key, long version, long at, WorkingSet rules) {
        return (entries, position) -> {
            if (isRetired(entries, at, rules)) {
                return new Outcome(Status.RETIRED, 0);
            }
            Entry entry = seen(entries, key, at);
            Status status = entry == null ? Status.ABSENT : Effect.condition(entry, version);
            if (status == Status.OK) {
                end(entries, key, at, position);
            }
            return new Outcome(status, 0);
        };
    }

    /** Adds to an integer, which is 0 if the key is absent. */
    static Effect getAndAdd(String key, long delta, long at, WorkingSet rules) {
        return (entries, position) -> {
            if (isRetired(entries, at, rules)) {
                return new Outcome(Status.RETIRED, 0);
            }
            Entry entry = seen(entries, key, at);
            if (entry != null && !entry.isNumber()) {
                return new Outcome(Status.TYPE, 0);
            }
            long before = entry == null ? 0 : Bytes.toLong(entry.value());
            store(entries, key, at, new Entry(Bytes.of(before + delta), true, position + 1));
            return new Outcome(Status.OK, before);
        };
    }

    /** Removes every key that the checkpoint sees. */
    static Effect clear(long at, WorkingSet rules) {
        return (entries, position) -> {
            if (isRetired(entries, at, rules)) {
                return new Outcome(Status.RETIRED, 0);
            }
            Set<String> keys = visibleAt(entries, at).keySet();
            advance(entries, at);
            keys.forEach(key -> end(entries, key, at, position));
            return new Outcome(Status.OK, keys.size());
        };
    }

    private static boolean isRetired(Map<String, Entry> entries, long at, WorkingSet rules) {
        return at < oldest(newest(entries), rules);
    }

    private static void advance(Map<String, Entry> entries, long at) {
        entries.put(NEWEST, new Entry(new byte[0], false, Math.max(at, newest(entries))));
    }

    private static void store(Map<String, Entry> entries, String key, long at, Entry entry) {
        advance(entries, at);
        entries.put(key + '@' + at, entry);
    }

    // A mark is left only if an older value would show through.
    private static void end(Map<String, Entry> entries, String key, long at, long position) {
        advance(entries, at);
        entries.remove(key + '@' + at);
        if (seen(entries, key, at) != null) {
            entries.put(key + '@' + at, new Entry(null, false, position + 1));
        }
    }

    private static Entry seen(Map<String, Entry> entries, String key, long at) {
        for (long each = at; each >= 0; each--) {
            Entry entry = entries.get(key + '@' + each);
            if (entry != null) {
                return entry.value() == null ? null : entry;
            }
        }
        return null;
    }

    private static Set<String> keys(Map<String, Entry> entries) {
        Set<String> keys = new HashSet<>();
        for (String each : entries.keySet()) {
            int end = each.lastIndexOf('@');
            if (end >= 0) {
                keys.add(each.substring(0, end));
            }
        }
        return keys;
    }
}
