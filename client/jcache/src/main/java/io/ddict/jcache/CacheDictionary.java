package io.ddict.jcache;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.Versioned;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/*
 * Keys and values are byte arrays to the dictionary: a value's header has to be changed without the
 * value, and is compared with it, and bytes are read fastest.
 */

/**
 * The dictionary of a cache. What it throws is a {@link CacheException}, or an {@link
 * IllegalStateException} once it is closed. Safe from any thread.
 */
final class CacheDictionary {
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(20);
    private static final long PAUSE_NS = 1_000_000;

    private final DDict<byte[], byte[]> dict;
    private final boolean isShared;

    private CacheDictionary(DDict<byte[], byte[]> dict, boolean isShared) {
        this.dict = dict;
        this.isShared = isShared;
    }

    /** Makes one in this process's own node service, for one cache alone. */
    static CacheDictionary embedded(String cache, ManagerSettings settings) {
        return translated(() -> new CacheDictionary(
                DDict.create(settings.config(DictionaryName.unshared(cache))), false));
    }

    /** Attaches to the dictionary of a cluster's cache; makes it if no process did so yet. */
    static CacheDictionary shared(Cluster cluster, String cache, ManagerSettings settings) {
        return translated(() -> new CacheDictionary(attachOrCreate(
                cluster, settings, DictionaryName.shared(cache)), true));
    }

    // Of processes that make it at the same time all but one are refused, and then find it.
    private static DDict<byte[], byte[]> attachOrCreate(
            Cluster cluster, ManagerSettings settings, String name) {
        long endNs = System.nanoTime() + OPEN_TIMEOUT.toNanos();
        while (true) {
            try {
                return cluster.attach(name, settings.options());
            } catch (DestroyedException e) {
                // There is none (any more).
            }
            try {
                return cluster.create(settings.config(name));
            } catch (DDictException | IllegalArgumentException e) {
                if (System.nanoTime() - endNs > 0 || !isBeingMade(cluster, name, e)) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    private static boolean isBeingMade(Cluster cluster, String name, RuntimeException refusal) {
        return cluster.dictionaries().contains(name)
                || refusal instanceof DDictException e
                        && e.status() == DDictException.Status.UNAVAILABLE;
    }

    DDict<byte[], byte[]> dict() {
        return dict;
    }

    @Nullable Versioned<byte[]> find(byte[] key) {
        return translated(() -> dict.getVersioned(key));
    }

    /** When what is under the key expires, looked at in place; null if there is nothing. */
    @Nullable Long expiryMs(byte[] key) {
        return translated(() -> dict.view(key, StoredValue::expiryMs));
    }

    void put(byte[] key, StoredValue value) {
        run(() -> dict.put(key, value.bytes()));
    }

    /** Stores the value if the key has the version; 0 stands for absent. */
    boolean compareAndSet(byte[] key, long version, StoredValue value) {
        return translated(() -> dict.compareAndSet(key, version, value.bytes())) != 0;
    }

    /** Removes the key if this is what is stored under it. */
    boolean remove(byte[] key, StoredValue expected) {
        return translated(() -> dict.remove(key, expected.bytes()));
    }

    void clear() {
        run(dict::clear);
    }

    Iterator<byte[]> keys() {
        Iterator<byte[]> keys = dict.keys().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return translated(keys::hasNext);
            }

            @Override
            public byte[] next() {
                return translated(keys::next);
            }
        };
    }

    /** Ends this process's use of it; what is not shared ends altogether. */
    void close() {
        if (isShared) {
            run(dict::close);
        } else {
            destroy();
        }
    }

    /** Ends it for all processes. */
    void destroy() {
        run(() -> {
            try {
                dict.destroy();
            } catch (DestroyedException | ManagerLostException e) {
                // Another process was faster, or the node service ended, which ends all it has.
            } finally {
                dict.close();
            }
        });
    }

    private static void run(Runnable call) {
        translated(() -> {
            call.run();
            return true;
        });
    }

    private static <T extends @Nullable Object> T translated(Supplier<T> call) {
        try {
            return call.get();
        } catch (DDictException e) {
            throw new CacheException(e.getMessage(), e);
        }
    }
}
