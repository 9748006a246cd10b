package io.ddict.jcache;

import io.ddict.client.DDictFullException;
import io.ddict.client.Versioned;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/*
 * An attempt reads the entry and its version, decides, and stores on condition of the version; when
 * another process came between, it begins again. So each operation is atomic for all processes, and
 * what decides (a processor, a writer, a loader) may be called more than once. Threads of this
 * process wait for each other instead, by a lock of the key.
 *
 * An entry that has expired is absent for all, and removed by whoever meets it.
 */

/** The entries of a cache, as JSR 107 sees them: with expiry, writer and listeners. Safe from any thread. */
final class Entries<K, V> {
    private final CacheDictionary dictionary;
    private final Encoding encoding;
    private final Expiry expiry;
    private final WriteThrough<K, V> writeThrough;
    private final Listeners<K, V> listeners;
    private final Sweeper sweeper;
    private final KeyLocks locks = new KeyLocks();

    Entries(
            CacheDictionary dictionary,
            Encoding encoding,
            Expiry expiry,
            WriteThrough<K, V> writeThrough,
            Listeners<K, V> listeners) {
        this.dictionary = dictionary;
        this.encoding = encoding;
        this.expiry = expiry;
        this.writeThrough = writeThrough;
        this.listeners = listeners;
        this.sweeper = new Sweeper(dictionary, this::expireIfDue);
    }

    boolean contains(K key) {
        Long expiryMs = dictionary.expiryMs(encoding.encodeKey(key));
        return expiryMs != null && expiryMs > nowMs();
    }

    /** Looks at an entry, which may change when it expires. */
    Found<V> look(K key) {
        return look(key, encoding.encodeKey(key));
    }

    /** As the other, of a key whose bytes are at hand. */
    Found<V> look(K key, byte[] keyBytes) {
        long nowMs = nowMs();
        Found<V> found = find(key, keyBytes, nowMs);
        if (found.isPresent()) {
            access(keyBytes, found, nowMs);
        }
        return found;
    }

    /** Does what the step decides, telling the writer. */
    Outcome<V> update(K key, Step<V> step) {
        return update(key, step, true);
    }

    /** Does what the step decides; the writer knows already. */
    Outcome<V> updateWritten(K key, Step<V> step) {
        return update(key, step, false);
    }

    private Outcome<V> update(K key, Step<V> step, boolean tellsWriter) {
        byte[] keyBytes = encoding.encodeKey(key);
        ReentrantLock lock = locks.of(keyBytes);
        Outcome<V> outcome = null;
        lock.lock();
        try {
            while (outcome == null) {
                outcome = attempt(key, keyBytes, step, tellsWriter);
            }
        } finally {
            lock.unlock();
        }
        sweeper.sweepIfDue(nowMs());
        return outcome;
    }

    /**
     * Stores a value, whatever is there, telling the writer unless it knows already; says whether
     * it was stored, which it is not if it expires at once.
     */
    boolean put(K key, V value, boolean tellsWriter) {
        return listeners.isEmpty() && !(tellsWriter && writeThrough.isActive())
                ? putUnwatched(key, value)
                : update(key, found -> Change.put(value), tellsWriter).changed();
    }

    // Nobody is told of what was there before, so the dictionary's put will do, which waits for no
    // answer, and takes no lock. Only the expiry may depend on it: on what was there an instant
    // before, if another changes it just now.
    private boolean putUnwatched(K key, V value) {
        byte[] keyBytes = encoding.encodeKey(key);
        StoredValue encoded = encoding.encode(value);
        long nowMs = nowMs();
        StoredValue stored = expiry.isEternal() ? encoded : expiring(keyBytes, encoded, nowMs);
        if (stored == null) {
            return false;
        }
        sweepingIfFull(() -> {
            dictionary.put(keyBytes, stored);
            return true;
        });
        sweeper.expires(stored);
        sweeper.sweepIfDue(nowMs);
        return true;
    }

    // Null if it expires at once.
    private @Nullable StoredValue expiring(byte[] keyBytes, StoredValue encoded, long nowMs) {
        Long earlierMs = dictionary.expiryMs(keyBytes);
        if (earlierMs != null && earlierMs > nowMs) {
            return expiry.updated(encoded, earlierMs, nowMs);
        }
        StoredValue created = expiry.created(encoded, nowMs);
        return created.isExpired(nowMs) ? null : created;
    }

    /** Removes all entries, and tells nobody. */
    void clear() {
        dictionary.clear();
    }

    /** The bytes of all keys, those of expired entries included. */
    Iterator<byte[]> keys() {
        return dictionary.keys();
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // As for values.
    K decodeKey(byte[] keyBytes) {
        return (K) encoding.decodeKey(keyBytes);
    }

    // Null if another process came between.
    private @Nullable Outcome<V> attempt(
            K key, byte[] keyBytes, Step<V> step, boolean tellsWriter) {
        long nowMs = nowMs();
        Found<V> found = find(key, keyBytes, nowMs);
        Change<V> change = step.decide(found);
        return switch (change.kind()) {
            case KEEP -> new Outcome<>(found, false);
            case ACCESS -> {
                access(keyBytes, found, nowMs);
                yield new Outcome<>(found, false);
            }
            case PUT -> store(key, keyBytes, found, change.requireValue(), nowMs, tellsWriter);
            case LOAD -> store(key, keyBytes, found, change.requireValue(), nowMs, false);
            case REMOVE -> remove(key, keyBytes, found, tellsWriter);
        };
    }

    private Found<V> find(K key, byte[] keyBytes, long nowMs) {
        Versioned<byte[]> versioned = dictionary.find(keyBytes);
        if (versioned == null) {
            return absent();
        }
        StoredValue stored = new StoredValue(versioned.value());
        if (stored.isExpired(nowMs)) {
            expire(() -> key, keyBytes, stored);
            return absent();
        }
        return new Found<>(encoding, stored, versioned.version());
    }

    private Found<V> absent() {
        return new Found<>(encoding, null, 0);
    }

    // If another changed it meanwhile, that counts. Where a longer life has no room, it keeps the
    // one it has.
    private void access(byte[] keyBytes, Found<V> found, long nowMs) {
        StoredValue accessed = expiry.accessed(found.stored(), nowMs);
        if (accessed.expiryMs() == found.stored().expiryMs()) {
            return;
        }
        try {
            dictionary.compareAndSet(keyBytes, found.version(), accessed);
            sweeper.expires(accessed);
        } catch (CacheException e) {
            if (!isFull(e)) {
                throw e;
            }
        }
    }

    private @Nullable Outcome<V> store(
            K key, byte[] keyBytes, Found<V> found, V value, long nowMs, boolean tellsWriter) {
        StoredValue encoded = encoding.encode(value);
        if (tellsWriter) {
            writeThrough.write(key, value);
        }
        boolean updates = found.isPresent();
        StoredValue stored = updates
                ? expiry.updated(encoded, found.stored().expiryMs(), nowMs)
                : expiry.created(encoded, nowMs);
        if (!updates && stored.isExpired(nowMs)) {
            return new Outcome<>(found, false);
        }
        if (!sweepingIfFull(() -> dictionary.compareAndSet(keyBytes, found.version(), stored))) {
            return null;
        }
        sweeper.expires(stored);
        if (updates) {
            listeners.updated(key, value, found);
        } else {
            listeners.created(key, value);
        }
        return new Outcome<>(found, true);
    }

    private @Nullable Outcome<V> remove(
            K key, byte[] keyBytes, Found<V> found, boolean tellsWriter) {
        if (tellsWriter) {
            writeThrough.delete(key);
        }
        if (!found.isPresent()) {
            return new Outcome<>(found, false);
        }
        if (!dictionary.remove(keyBytes, found.stored())) {
            return null;
        }
        listeners.removed(key, found);
        return new Outcome<>(found, true);
    }

    private boolean expire(Supplier<K> key, byte[] keyBytes, StoredValue stored) {
        boolean removed = dictionary.remove(keyBytes, stored);
        // A key that nobody wants to hear of may be of a class that this process does not know.
        if (removed && !listeners.isEmpty()) {
            listeners.expired(key.get(), new Found<>(encoding, stored, 0));
        }
        return removed;
    }

    private boolean expireIfDue(byte[] keyBytes, long nowMs) {
        Versioned<byte[]> versioned = dictionary.find(keyBytes);
        if (versioned == null) {
            return false;
        }
        StoredValue stored = new StoredValue(versioned.value());
        return stored.isExpired(nowMs)
                && expire(() -> decodeKey(keyBytes), keyBytes, stored);
    }

    // There may be room for it where entries have expired that nobody met.
    private boolean sweepingIfFull(Supplier<Boolean> store) {
        try {
            return store.get();
        } catch (CacheException e) {
            if (!isFull(e) || !sweeper.sweepIfFull(nowMs())) {
                throw e;
            }
            return store.get();
        }
    }

    private static boolean isFull(CacheException e) {
        return e.getCause() instanceof DDictFullException;
    }

    private static long nowMs() {
        return System.currentTimeMillis();
    }
}
