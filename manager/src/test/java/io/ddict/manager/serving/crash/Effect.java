package io.ddict.manager.serving.crash;

import io.ddict.store.pool.Status;
import java.util.Map;

/** What an operation does to a dictionary that is a plain map. */
interface Effect {
    /** Version that stands for "whatever is there". */
    long ANY_VERSION = -1;

    /**
     * Applies it.
     *
     * @param entries keys by the text of their bytes
     * @param position the operation's place in the ring
     */
    Outcome apply(Map<String, Entry> entries, long position);

    /** Stores a value if the key has a version: any, 0 for none, or that very one. */
    static Effect put(String key, byte[] value, long version) {
        return (entries, position) -> {
            Status status = condition(entries.get(key), version);
            if (status == Status.OK) {
                entries.put(key, new Entry(value, false, position + 1));
            }
            return new Outcome(status, position + 1);
        };
    }

    /** Removes the key if it has a version. */
    static Effect remove(String key, long version) {
        return (entries, position) -> {
            Entry entry = entries.get(key);
            Status status = entry == null ? Status.ABSENT : condition(entry, version);
            if (status == Status.OK) {
                entries.remove(key);
            }
            return new Outcome(status, 0);
        };
    }

    /** Adds to an integer, which is 0 if the key is absent. */
    static Effect getAndAdd(String key, long delta) {
        return (entries, position) -> {
            Entry entry = entries.get(key);
            if (entry != null && !entry.isNumber) {
                return new Outcome(Status.TYPE, 0);
            }
            long before = entry == null ? 0 : Bytes.toLong(entry.value);
            entries.put(key, new Entry(Bytes.of(before + delta), true, position + 1));
            return new Outcome(Status.OK, before);
        };
    }

    /** Removes every key. */
    static Effect clear() {
        return (entries, position) -> {
            long count = entries.size();
            entries.clear();
            return new Outcome(Status.OK, count);
        };
    }

    /** Whether an entry is the version that is asked for. */
    static Status condition(Entry entry, long version) {
        if (version == ANY_VERSION) {
            return Status.OK;
        }
        if (version == 0) {
            return entry == null ? Status.OK : Status.EXISTS;
        }
        if (entry == null) {
            return Status.ABSENT;
        }
        return entry.version == version ? Status.OK : Status.CONFLICT;
    }

    /** A value, whether it is a number, and the version that its operation gave it. */
    @SuppressWarnings("ArrayRecordComponent") // Its equality is asked of nobody.
    record Entry(byte[] value, boolean isNumber, long version) {}

    /** What the answer says, if one is wanted; the number counts if the status is OK. */
    record Outcome(Status status, long first) {}
}
