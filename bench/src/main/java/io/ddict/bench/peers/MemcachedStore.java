package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import net.spy.memcached.CachedData;
import net.spy.memcached.ConnectionFactory;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import net.spy.memcached.internal.OperationFuture;
import net.spy.memcached.transcoders.Transcoder;
import org.jspecify.annotations.Nullable;

/** One connection to a memcached server. */
final class MemcachedStore extends WholeValueStore {
    private static final long TIMEOUT_MS = 60_000;
    private static final int EXPIRES_NEVER = 0;
    private static final Transcoder<byte[]> BYTES = new BytesTranscoder();

    private final MemcachedClient client;
    private final List<OperationFuture<Boolean>> pending = new ArrayList<>();

    MemcachedStore(InetSocketAddress address) throws IOException {
        ConnectionFactory factory = new ConnectionFactoryBuilder()
                .setProtocol(ConnectionFactoryBuilder.Protocol.BINARY)
                .setUseNagleAlgorithm(false)
                .setOpTimeout(TIMEOUT_MS)
                .setDaemon(true)
                .build();
        client = new MemcachedClient(factory, List.of(address));
    }

    @Override
    public void put(byte[] key, byte[] value) {
        await(set(key, value));
    }

    @Override
    public void putBatch(byte[][] keys, byte[][] values) {
        for (int i = 0; i < keys.length; i++) {
            pending.add(set(keys[i], values[i]));
        }
        pending.forEach(MemcachedStore::await);
        pending.clear();
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return client.get(text(key), BYTES);
    }

    @Override
    public void clear() {
        await(client.flush());
    }

    @Override
    public void close() {
        client.shutdown();
    }

    private OperationFuture<Boolean> set(byte[] key, byte[] value) {
        return client.set(text(key), EXPIRES_NEVER, value, BYTES);
    }

    private static void await(OperationFuture<Boolean> operation) {
        try {
            if (!operation.get()) {
                throw new IllegalStateException("put refused: status=" + operation.getStatus());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("put failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String text(byte[] key) {
        return new String(key, ISO_8859_1);
    }

    /** Neither serializes nor compresses, as the client's own would. */
    private static final class BytesTranscoder implements Transcoder<byte[]> {
        @Override
        public boolean asyncDecode(CachedData data) {
            return false;
        }

        @Override
        public CachedData encode(byte[] value) {
            return new CachedData(0, value, getMaxSize());
        }

        @Override
        public byte[] decode(CachedData data) {
            return data.getData();
        }

        @Override
        public int getMaxSize() {
            return Integer.MAX_VALUE;
        }
    }
}
