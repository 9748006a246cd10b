package io.ddict.bench.peers;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** The map as a client sees it, or a member. Keys and values are serialized before a call returns. */
final class HazelcastStore extends WholeValueStore {
    private final HazelcastInstance hazelcast;
    private final IMap<byte[], byte[]> map;

    HazelcastStore(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        this.map = hazelcast.getMap(HazelcastConfig.MAP);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        map.set(key, value);
    }

    @Override
    public void putBatch(byte[][] keys, byte[][] values) {
        IdentityHashMap<byte[], byte[]> batch = new IdentityHashMap<>(keys.length);
        for (int i = 0; i < keys.length; i++) {
            batch.put(keys[i], values[i]);
        }
        map.setAll(batch);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return map.get(key);
    }

    @Override
    public void clear() {
        map.clear();
    }

    @Override
    public void close() {
        hazelcast.shutdown();
    }
}
