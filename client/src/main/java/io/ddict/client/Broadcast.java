package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * A small value is posted to one manager after the other by the calling thread: posting waits for nobody,
 * so all managers apply it at the same time. A large value needs a block, which a manager may have to be
 * asked for, and where checkpoints wait for keys or writers a put may have to wait for others; then each
 * manager gets a thread, so that the slowest one is waited for and not the sum.
 *
 * On several nodes the copies would go from node to node as a tree. On one, each manager is as near as
 * any other.
 */

/** A value that is put at every manager of a handle. One call. */
final class Broadcast<V> {
    private final OpenDictionary open;
    private final long timeoutNs;
    private final long checkpoint;
    private final Object key;
    private final Codec<V> codec;
    private final V value;
    private final ShardChannel[] channels;
    // By place; each is written by the one thread that puts there.
    private final @Nullable Throwable[] failures;

    Broadcast(OpenDictionary open, long timeoutNs, Object key, Codec<V> codec, V value) {
        this.open = open;
        this.timeoutNs = timeoutNs;
        this.checkpoint = open.checkpoint();
        this.key = key;
        this.codec = codec;
        this.value = value;
        this.channels = open.channels();
        this.failures = new @Nullable Throwable[channels.length];
    }

    /** Puts it; see {@link DDict#broadcastPut}. */
    void put() {
        CallContext call = start();
        long valueLength = codec.prepare(value, call.scratch());
        if (CollectedPuts.isCollectable(call.key().length(), valueLength)
                && !channels[0].workingSet().waits()) {
            postToEach(call, valueLength);
        } else {
            putByThreads();
        }
        throwRefusals();
    }

    private CallContext start() {
        CallContext call = open.start(key, timeoutNs);
        call.checkpoint(checkpoint);
        return call;
    }

    private void postToEach(CallContext call, long valueLength) {
        for (int place = 0; place < channels.length; place++) {
            try {
                channels[place].put(call, codec, value, valueLength);
            } catch (RuntimeException | Error e) {
                failures[place] = e;
            }
        }
    }

    private void putByThreads() {
        Together.run(IntStream.range(0, channels.length)
                .<Runnable>mapToObj(place -> () -> put(place)).toList());
    }

    private void put(int place) {
        try {
            channels[place].put(start(), codec, value, false);
        } catch (RuntimeException | Error e) {
            failures[place] = e;
        }
    }

    private void throwRefusals() {
        List<Integer> stored = new ArrayList<>();
        Map<Integer, DDictException> refused = new TreeMap<>();
        for (int place = 0; place < channels.length; place++) {
            int manager = channels[place].manager();
            switch (failures[place]) {
                case null -> stored.add(manager);
                case DDictException e -> refused.put(manager, e);
                case RuntimeException e -> throw e;
                case Throwable e -> throw (Error) e;
            }
        }
        if (!refused.isEmpty()) {
            DDictException first = refused.values().iterator().next();
            throw stored.isEmpty() ? first : new BroadcastRefusedException(stored, refused);
        }
    }
}
