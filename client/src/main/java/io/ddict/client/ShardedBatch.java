package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.SentPuts;
import io.ddict.client.codec.Codec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * What goes to another machine is not waited for until it has to be: two puts of one key keep their order,
 * as the second is not sent while the first may be on its way. What was collected is on its way alone.
 *
 * A batch of the user's keeps its handle where it is until it ends. One that is part of a single call does
 * not: the call goes on at the checkpoint where it began, as every call does.
 */

/** A batch over the managers of a dictionary. One thread. */
final class ShardedBatch<K, V> implements Batch<K, V> {
    // Single values, of 64 KiB at most, and all that was collected, once for each manager.
    private static final int SENT_MAX = 16;

    private final OpenDictionary open;
    private final long timeoutNs;
    private final Function<V, Codec<V>> codecs;
    // Beside the thread's own, which holds the key and value that are about to be put.
    private final CallContext sending = new CallContext();
    private final long checkpoint;
    private final boolean isOfOneCall;
    private boolean isOpen = true;
    private final List<@Nullable Part<K>> parts = new ArrayList<>();
    private final Deque<Sent<K>> sent = new ArrayDeque<>();
    private final List<BatchResult.Refused<K>> refused = new ArrayList<>();
    // But for what may still be refused.
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
        checkOpen();
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
        if (!collectable && mayOvertake(part, call.hash())) {
            awaitEarlier(part);
        }
        if (part.failure != null) {
            refused.add(new BatchResult.Refused<>(key, part.failure));
        } else if (collectable) {
            part.puts.add(call, codec, value, valueLength);
            part.keys.add(key);
        } else {
            SentPuts put = open.channels()[part.place].send(call, codec, value, valueLength);
            stored++;
            begun(part, key, call.hash(), put);
        }
    }

    @Override
    public BatchResult<K> end() {
        BatchResult<K> ended = result;
        if (ended == null) {
            checkOpen();
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

    // It is over, too, where something failed of which nobody knows what was stored.
    private void checkOpen() {
        if (!isOpen) {
            throw new IllegalStateException("batch has ended: dictionary=" + open.name());
        }
    }

    private void sendAll() {
        parts.forEach(part -> {
            if (part != null) {
                send(part);
            }
        });
        while (!sent.isEmpty()) {
            awaitFirst();
        }
        for (int place = 0; place < parts.size(); place++) {
            Part<K> part = parts.set(place, null);
            if (part != null) {
                open.giveBack(place, part.puts);
            }
        }
    }

    private void letGo() {
        sent.forEach(each -> each.puts.giveUp());
        sent.clear();
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
        if (part.puts.count() == 0) {
            return;
        }
        awaitEarlier(part);
        List<K> keys = part.keys;
        part.keys = new ArrayList<>();
        DDictException failure = part.failure;
        try {
            if (failure == null) {
                stored += keys.size();
                sending.forgetKey();
                sending.deadline().start(timeoutNs);
                SentPuts puts = open.channels()[part.place].sendAll(
                        sending, part.puts, (index, cause) -> refuse(keys.get(index), cause));
                begun(part, null, 0, puts);
            } else {
                keys.forEach(key -> refused.add(new BatchResult.Refused<>(key, failure)));
            }
        } catch (RuntimeException | Error e) {
            letGo();
            throw e;
        } finally {
            part.puts.clear();
        }
    }

    private void refuse(K key, DDictException cause) {
        refused.add(new BatchResult.Refused<>(key, cause));
        stored--;
    }

    // Of one key, or of all that were collected.
    private void begun(Part<K> part, @Nullable K key, long hash, SentPuts puts) {
        if (puts.isKnown()) {
            ended(part, key, puts);
            return;
        }
        sent.add(new Sent<>(part, key, hash, puts));
        if (sent.size() > SENT_MAX) {
            awaitFirst();
        }
    }

    private void ended(Part<K> part, @Nullable K key, SentPuts puts) {
        DDictException failure;
        try {
            failure = puts.await();
        } catch (RuntimeException | Error e) {
            letGo();
            throw e;
        }
        if (failure == null) {
            return;
        }
        if (key != null) {
            refuse(key, failure);
        }
        if (key == null || !(failure instanceof DDictFullException)) {
            part.failure = failure;
        }
    }

    private void awaitFirst() {
        Sent<K> first = sent.removeFirst();
        ended(first.part, first.key, first.puts);
    }

    private boolean mayOvertake(Part<K> part, long hash) {
        for (Sent<K> each : sent) {
            if (each.part == part && (each.key == null || each.hash == hash)) {
                return true;
            }
        }
        return false;
    }

    private void awaitEarlier(Part<K> part) {
        for (Iterator<Sent<K>> all = sent.iterator(); all.hasNext();) {
            Sent<K> each = all.next();
            if (each.part == part) {
                all.remove();
                ended(each.part, each.key, each.puts);
            }
        }
    }

    /** What goes to one manager. */
    private static final class Part<K> {
        final int place;
        final CollectedPuts puts;
        List<K> keys = new ArrayList<>();
        @Nullable DDictException failure;

        Part(int place, CollectedPuts puts) {
            this.place = place;
            this.puts = puts;
        }
    }

    /**
     * What was sent to a manager, and has perhaps not come to an end.
     *
     * @param key null if it is all that was collected
     * @param hash of the key
     */
    private record Sent<K>(Part<K> part, @Nullable K key, long hash, SentPuts puts) {}
}
