package io.ddict.bench.peers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** One connection to a Redis server. */
final class RedisStore extends WholeValueStore {
    private static final int TIMEOUT_MS = 60_000;
    private static final int MSET_LENGTH_MAX = 4096;

    private final Jedis redis;

    private RedisStore(Jedis redis) {
        this.redis = redis;
    }

    static RedisStore ofAddress(InetSocketAddress address) {
        HostAndPort server = new HostAndPort(address.getHostString(), address.getPort());
        return new RedisStore(new Jedis(server, config()));
    }

    static RedisStore ofUnixSocket(Path path) {
        return new RedisStore(new Jedis(() -> connect(path), config()));
    }

    @Override
    public void put(byte[] key, byte[] value) {
        redis.set(key, value);
    }

    @Override
    public void putBatch(byte[][] keys, byte[][] values) {
        if (values.length == 0) {
            return;
        }
        if (values[0].length <= MSET_LENGTH_MAX) {
            redis.mset(pairs(keys, values));
        } else {
            putInPipeline(keys, values);
        }
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return redis.get(key);
    }

    @Override
    public void clear() {
        redis.flushAll();
    }

    @Override
    public void close() {
        redis.close();
    }

    private void putInPipeline(byte[][] keys, byte[][] values) {
        Pipeline pipeline = redis.pipelined();
        for (int i = 0; i < keys.length; i++) {
            pipeline.set(keys[i], values[i]);
        }
        List<Object> answers = pipeline.syncAndReturnAll();
        for (Object answer : answers) {
            if (!answer.equals("OK")) {
                throw new IllegalStateException("put refused: answer=" + answer);
            }
        }
    }

    private static DefaultJedisClientConfig config() {
        return DefaultJedisClientConfig.builder()
                .timeoutMillis(TIMEOUT_MS)
                .autoNegotiateProtocol(false)
                .build();
    }

    private static byte[][] pairs(byte[][] keys, byte[][] values) {
        byte[][] pairs = new byte[2 * keys.length][];
        for (int i = 0; i < keys.length; i++) {
            pairs[2 * i] = keys[i];
            pairs[2 * i + 1] = values[i];
        }
        return pairs;
    }

    private static Socket connect(Path path) {
        try {
            AFUNIXSocket socket = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path));
            socket.setSoTimeout(TIMEOUT_MS);
            return socket;
        } catch (IOException e) {
            throw new JedisConnectionException("not connected: socket=" + path, e);
        }
    }
}
