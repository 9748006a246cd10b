package io.ddict.manager.system;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.store.pool.KeyHash;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** One client of a shard, as a dictionary uses its channel. One thread, but for its channel. */
final class ChannelClient implements AutoCloseable {
    static final Codecs CODECS = Codecs.standard();
    static final ValueReader VALUES = new Values();
    static final ValueReader KEYS = new Keys();

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    final ShardChannel channel;
    private final Runnable death;
    private final Runnable end;
    private final KeyHash hash;
    private long checkpoint;

    /**
     * Takes over a channel.
     *
     * @param death ends what the channel goes by, as the end of its process would
     * @param end gives back what was opened for the channel, which is closed
     */
    ChannelClient(ShardChannel channel, Runnable death, Runnable end) {
        this.channel = channel;
        this.death = death;
        this.end = end;
        this.hash = new KeyHash(channel.hashSeed());
    }

    /** Goes to another checkpoint. */
    void at(long next) {
        checkpoint = next;
        channel.publishCheckpoint(next);
    }

    CallContext call() {
        return call(TIMEOUT);
    }

    CallContext call(Duration timeout) {
        CallContext call = new CallContext();
        call.begin();
        call.deadline().start(timeout.toNanos());
        call.checkpoint(checkpoint);
        return call;
    }

    CallContext on(Object key) {
        return on(key, TIMEOUT);
    }

    CallContext on(Object key, Duration timeout) {
        CallContext call = call(timeout);
        CODECS.encodeKey(key, call.key());
        call.hash(
                hash.of(
                        call.key().array(), call.key().offset(), call.key().length(),
                        call.key().tag()));
        return call;
    }

    static <T> Codec<T> codec(T value) {
        return CODECS.forValue(value);
    }

    <T> void put(Object key, T value) {
        channel.put(on(key), codec(value), value, false);
    }

    Object get(Object key) {
        return channel.get(on(key), VALUES);
    }

    void die() {
        death.run();
    }

    @Override
    public void close() {
        channel.close();
        end.run();
    }

    private static final class Values implements ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return CODECS.byTag(tag).rawCopy();
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return CODECS.byTag(tag).read(source, offset, length);
        }
    }

    private static final class Keys implements ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return false;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return CODECS.decodeKey(tag, source, offset, (int) length);
        }
    }
}
