package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.apache.ignite.client.ClientCache;
import org.apache.ignite.client.IgniteClient;
import org.jspecify.annotations.Nullable;

/** The cache as a thin client sees it; keys are texts, as it compares no arrays. */
final class IgniteThinStore extends WholeValueStore {
    private final IgniteClient client;
    private final ClientCache<String, byte[]> cache;

    IgniteThinStore(IgniteClient client) {
        this.client = client;
        this.cache = client.cache(IgniteConfig.CACHE);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        cache.put(new String(key, ISO_8859_1), value);
    }

    @Override
    public void putBatch(byte[][] keys, byte[][] values) {
        cache.putAll(IgniteEmbeddedStore.batch(keys, values));
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
        client.close();
    }
}
