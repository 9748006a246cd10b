package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A batch over the managers of a dictionary. One thread. */
final class ShardedBatch<K, V> implements Batch<K, V> {
    private final OpenDictionary open;
    private final long timeoutNs;
    // Beside the thread's own, which holds the key and value that are about to be put.
    private final CallContext sending = new CallContext();
    private final long checkpoint;
    private final List<@Nullable Part<K>> parts = new ArrayList<>();
    private final List<BatchResult.Refused<K>> refused = new ArrayList<>();
    private long stored;
    private @Nullable BatchResult<K> result;

    ShardedBatch(OpenDictionary open, long timeoutNs) {
        this.open = open;
        this.timeoutNs = timeoutNs;
        this.checkpoint = open.checkpoint();
        sending.checkpoint(checkpoint);
        for (int manager = 0; manager < open.channels().length; manager++) {
            parts.add(null);
        }
    }

    @Override
    public void put(K key, V value) {
        if (result != null) {
            throw new IllegalStateException("batch has ended: dictionary=" + open.name());
        }
        Codec<V> codec = open.codecs().forValue(Objects.requireNonNull(value, "value is null"));
        CallContext call = open.start(Objects.requireNonNull(key, "key is null"), timeoutNs);
        if (call.checkpoint() != checkpoint) {
            throw new IllegalStateException(
                    "handle went to another checkpoint within a batch: batch="
                            + checkpoint
                            + ", handle="
                            + call.checkpoint()
                            + "; end the batch first");
        }
        long valueLength = codec.prepare(value, call.scratch());
        Part<K> part = part(open.manager(call));
        int keyLength = call.key().length();
        boolean collectable = CollectedPuts.isCollectable(keyLength, valueLength);
        if (!collectable || !part.puts.hasRoom(keyLength, valueLength)) {
            // Also before a large value, which may be of a key that is collected.
            send(part);
        }
        if (part.failure != null) {
            refused.add(new BatchResult.Refused<>(key, part.failure));
        } else if (collectable) {
            part.puts.add(call, codec, value, valueLength);
            part.keys.add(key);
        } else {
            putNow(part, key, call, codec, value, valueLength);
        }
    }

    @Override
    public BatchResult<K> end() {
        BatchResult<K> ended = result;
        if (ended == null) {
            for (int manager = 0; manager < parts.size(); manager++) {
                Part<K> part = parts.get(manager);
                if (part != null) {
                    send(part);
                    open.giveBack(manager, part.puts);
                    parts.set(manager, null);
                }
            }
            ended = new BatchResult<>(stored, List.copyOf(refused));
            result = ended;
        }
        return ended;
    }

    @Override
    public void close() {
        if (result == null && !end().refused().isEmpty()) {
            throw new BatchRefusedException(end());
        }
    }

    private Part<K> part(int manager) {
        Part<K> part = parts.get(manager);
        if (part == null) {
            part = new Part<>(manager, open.collectedPuts(manager));
            parts.set(manager, part);
        }
        return part;
    }

    private void send(Part<K> part) {
        int count = part.puts.count();
        if (count == 0) {
            return;
        }
        int before = refused.size();
        try {
            sending.deadline().start(timeoutNs);
            part.failure = open.channels()[part.manager].putAll(
                    sending,
                    part.puts,
                    (index, cause) -> refused.add(
                            new BatchResult.Refused<>(part.keys.get(index), cause)));
        } finally {
            stored += count - (refused.size() - before);
            part.puts.clear();
            part.keys.clear();
        }
    }

    private void putNow(
            Part<K> part, K key, CallContext call, Codec<V> codec, V value, long valueLength) {
        try {
            open.channels()[part.manager].put(call, codec, value, valueLength);
            stored++;
        } catch (DDictException e) {
            refused.add(new BatchResult.Refused<>(key, e));
            if (!(e instanceof DDictFullException)) {
                part.failure = e;
            }
        }
    }

    /** What goes to one manager. */
    private static final class Part<K> {
        final int manager;
        final CollectedPuts puts;
        final List<K> keys = new ArrayList<>();
        @Nullable DDictException failure;

        Part(int manager, CollectedPuts puts) {
            this.manager = manager;
            this.puts = puts;
        }
    }
}
