package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.ignite.Ignite;
import org.apache.ignite.IgniteCache;
import org.jspecify.annotations.Nullable;

/** The cache as one of its nodes sees it; keys are texts, as it compares no arrays. */
final class IgniteEmbeddedStore extends WholeValueStore {
    private final Ignite node;
    private final IgniteCache<String, byte[]> cache;

    IgniteEmbeddedStore(Ignite node) {
        this.node = node;
        this.cache = node.cache(IgniteConfig.CACHE);
    }

    static Map<String, byte[]> batch(byte[][] keys, byte[][] values) {
        Map<String, byte[]> batch = LinkedHashMap.newLinkedHashMap(keys.length);
        for (int i = 0; i < keys.length; i++) {
            batch.put(new String(keys[i], ISO_8859_1), values[i]);
        }
        return batch;
    }

    @Override
    public void put(byte[] key, byte[] value) {
        cache.put(new String(key, ISO_8859_1), value);
    }

    @Override
    public void putBatch(byte[][] keys, byte[][] values) {
        cache.putAll(batch(keys, values));
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return cache.get(new String(key, ISO_8859_1));
    }

    @Override
    public void clear() {
        cache.clear();
    }

    @Override
    public void close() {
        node.close();
    }
}
