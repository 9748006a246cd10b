package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * A batch of the user's keeps its handle where it is until it ends. One that is part of a single call does
 * not: the call goes on at the checkpoint where it began, as every call does.
 */

/** A batch over the managers of a dictionary. One thread. */
final class ShardedBatch<K, V> implements Batch<K, V> {
    private final OpenDictionary open;
    private final long timeoutNs;
    private final Function<V, Codec<V>> codecs;
    // Beside the thread's own, which holds the key and value that are about to be put.
    private final CallContext sending = new CallContext();
    private final long checkpoint;
    private final boolean isOfOneCall;
    private boolean isOpen = true;
    private final List<@Nullable Part<K>> parts = new ArrayList<>();
    private final List<BatchResult.Refused<K>> refused = new ArrayList<>();
    private long stored;
    private @Nullable BatchResult<K> result;

    private ShardedBatch(
            OpenDictionary open, long timeoutNs, Function<V, Codec<V>> codecs, long checkpoint,
            boolean isOfOneCall) {
        this.open = open;
        this.timeoutNs = timeoutNs;
        this.codecs = codecs;
        this.checkpoint = checkpoint;
        this.isOfOneCall = isOfOneCall;
        sending.checkpoint(checkpoint);
        for (int place = 0; place < open.channels().length; place++) {
            parts.add(null);
        }
    }

    /** Begins a batch of the user's. */
    static <K, V> ShardedBatch<K, V> begin(
            OpenDictionary open, long timeoutNs, Function<V, Codec<V>> codecs) {
        return new ShardedBatch<>(open, timeoutNs, codecs, open.beginBatch(), false);
    }

    /** Begins a batch that is part of one call. */
    static <K, V> ShardedBatch<K, V> ofOneCall(
            OpenDictionary open, long timeoutNs, Function<V, Codec<V>> codecs) {
        open.checkOpen();
        return new ShardedBatch<>(open, timeoutNs, codecs, open.checkpoint(), true);
    }

    @Override
    public void put(K key, V value) {
        if (result != null) {
            throw new IllegalStateException("batch has ended: dictionary=" + open.name());
        }
        Codec<V> codec = codecs.apply(value);
        CallContext call = open.start(Objects.requireNonNull(key, "key is null"), timeoutNs);
        if (isOfOneCall) {
            call.checkpoint(checkpoint);
        } else if (call.checkpoint() != checkpoint) {
            throw new IllegalStateException(
                    "handle went to another checkpoint within a batch: batch="
                            + checkpoint
                            + ", handle="
                            + call.checkpoint()
                            + "; end the batch first");
        }
        long valueLength = codec.prepare(value, call.scratch());
        Part<K> part = part(call.place());
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
            try {
                sendAll();
            } finally {
                letGo();
            }
            ended = new BatchResult<>(stored, List.copyOf(refused));
            result = ended;
        }
        return ended;
    }

    private void sendAll() {
        for (int place = 0; place < parts.size(); place++) {
            Part<K> part = parts.get(place);
            if (part != null) {
                send(part);
                open.giveBack(place, part.puts);
                parts.set(place, null);
            }
        }
    }

    private void letGo() {
        if (isOpen && !isOfOneCall) {
            open.endBatch();
        }
        isOpen = false;
    }

    @Override
    public void close() {
        if (result == null && !end().refused().isEmpty()) {
            throw new BatchRefusedException(end());
        }
    }

    private Part<K> part(int place) {
        Part<K> part = parts.get(place);
        if (part == null) {
            part = new Part<>(place, open.collectedPuts(place));
            parts.set(place, part);
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
            sending.forgetKey();
            sending.deadline().start(timeoutNs);
            part.failure = open.channels()[part.place].putAll(
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
            open.channels()[part.place].put(call, codec, value, valueLength);
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
        final int place;
        final CollectedPuts puts;
        final List<K> keys = new ArrayList<>();
        @Nullable DDictException failure;

        Part(int place, CollectedPuts puts) {
            this.place = place;
            this.puts = puts;
        }
    }
}
