package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.SentPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.Together;
import io.ddict.client.channel.shm.Lending;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.protocol.BroadcastBranch;
import io.ddict.client.protocol.BroadcastOutcome;
import io.ddict.client.protocol.BroadcastStop;
import io.ddict.client.protocol.ShardFrame;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/*
 * A small value is posted to one manager after the other by the calling thread: posting waits for nobody,
 * so all managers apply it at the same time. A large value needs a block, which a manager may have to be
 * asked for, and where checkpoints wait for keys or writers a put may have to wait for others; then each
 * manager gets a thread, so that the slowest one is waited for and not the sum. Of this node's managers one
 * gets the block, by the key's hash, and the others refer to it (Lending).
 *
 * A long value goes to other nodes as a tree: this process sends two copies, and the nodes pass them on
 * (BroadcastBranch). What did not come to a manager that way is put there as any value is, with what is left
 * of the time, so that this manager's own answer is what the caller hears.
 */

/** A value that is put at every manager of a handle. One call. */
final class Broadcast<V> {
    // At 1 Gbit/s, eight nodes, two cores for all: 0.5 MiB took 29 ms by the tree and 30 without, 0.25 MiB 37
    // and 23 (design note 0023). Below, the steps from node to node cost more than the copies.
    /** Shortest value that goes from node to node. */
    static final long SPREAD_LENGTH_MIN = 512 << 10;

    /** Managers of a node that lend to its others, unless they are full. */
    static final int LENDERS_MAX = 16;

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
            putByThreads(call.key().length(), valueLength);
        }
        throwRefusals();
    }

    private CallContext start() {
        return start(timeoutNs);
    }

    private CallContext start(long leftNs) {
        CallContext call = open.start(key, leftNs);
        call.checkpoint(checkpoint);
        return call;
    }

    private void postToEach(CallContext call, long valueLength) {
        @Nullable SentPuts[] sent = new @Nullable SentPuts[channels.length];
        for (int place = 0; place < channels.length; place++) {
            try {
                sent[place] = channels[place].send(call, codec, value, valueLength);
            } catch (RuntimeException | Error e) {
                failures[place] = e;
            }
        }
        for (int place = 0; place < channels.length; place++) {
            SentPuts puts = sent[place];
            if (puts != null) {
                failures[place] = outcome(puts);
            }
        }
    }

    private static @Nullable Throwable outcome(SentPuts puts) {
        try {
            return puts.await();
        } catch (RuntimeException | Error e) {
            return e;
        }
    }

    private void putByThreads(int keyLength, long valueLength) {
        long endNs = System.nanoTime() + timeoutNs;
        List<BroadcastStop> stops =
                isSpread(valueLength) ? BroadcastStops.of(channels) : List.of();
        Set<Integer> onTheWay = stops.stream()
                .flatMap(stop -> stop.places().stream())
                .map(BroadcastStop.Place::manager)
                .collect(Collectors.toSet());
        List<Runnable> puts = new ArrayList<>();
        List<Integer> here = new ArrayList<>();
        boolean isLent = codec.tag() > 0
                && timeoutNs > 0
                && !channels[0].workingSet().waits()
                && SizeClasses.isSmall(keyLength, RecordLayout.LENT_LENGTH);
        for (int place = 0; place < channels.length; place++) {
            int other = place;
            if (isLent && Lending.isPossible(channels[place])) {
                here.add(place);
            } else if (!onTheWay.contains(channels[place].manager())) {
                puts.add(() -> put(other, timeoutNs));
            }
        }
        if (here.size() == 1) {
            puts.add(() -> put(here.getFirst(), timeoutNs));
        } else if (!here.isEmpty()) {
            puts.add(() -> putHere(here, endNs));
        }
        Queue<Integer> left = new ConcurrentLinkedQueue<>();
        for (BroadcastBranch branch : BroadcastBranch.of(stops)) {
            puts.add(() -> spread(branch, left));
        }
        Together.run(puts);
        Together.run(left.stream().<Runnable>map(place -> () -> putLate(place, endNs)).toList());
    }

    private boolean isSpread(long valueLength) {
        return valueLength >= SPREAD_LENGTH_MIN
                && valueLength <= ShardFrame.VALUE_MAX
                && !channels[0].workingSet().waits();
    }

    private void put(int place, long leftNs) {
        try {
            channels[place].put(start(leftNs), codec, value, false);
        } catch (RuntimeException | Error e) {
            failures[place] = e;
        }
    }

    private void putHere(List<Integer> places, long endNs) {
        try {
            List<Integer> left = lend(places);
            Together.run(
                    left.stream().<Runnable>map(place -> () -> putLate(place, endNs)).toList());
        } catch (RuntimeException | Error e) {
            // The handle was closed, or its placement failed: before anything was put.
            places.forEach(place -> failures[place] = e);
        }
    }

    // Where it could not be lent in half of the time. The others' memory is as good as that of the first few,
    // but whoever reads has to map what lends.
    private List<Integer> lend(List<Integer> places) {
        CallContext call = start(timeoutNs / 2);
        int first = Math.floorMod(call.hash(), Math.min(places.size(), LENDERS_MAX));
        Map<ShmChannel, Integer> placeOf = new LinkedHashMap<>();
        for (int i = 0; i < places.size(); i++) {
            Integer place = places.get((first + i) % places.size());
            placeOf.put((ShmChannel) channels[place], place);
        }
        List<ShmChannel> left = Lending.put(
                call, List.copyOf(placeOf.keySet()), codec, value,
                (channel, e) -> failures[Objects.requireNonNull(placeOf.get(channel))] = e);
        return left.stream().map(each -> Objects.requireNonNull(placeOf.get(each))).toList();
    }

    private void spread(BroadcastBranch branch, Queue<Integer> left) {
        try {
            BroadcastStops.send(channels, start(), branch, codec, value)
                    .forEach((manager, outcome) -> ended(manager, outcome, left));
        } catch (RuntimeException | Error e) {
            // Of the codec, or as the handle was closed: nothing was stored there.
            branch.managers().forEach(manager -> failures[manager] = e);
        }
    }

    // A handle that spreads a value has all managers, each at the place of its number.
    private void ended(int manager, BroadcastOutcome outcome, Queue<Integer> left) {
        switch (outcome.state()) {
            case STORED -> ((TcpChannel) channels[manager]).putEnded(null);
            case NOT_SENT -> left.add(manager);
            case FAILED -> {
                failures[manager] = outcome.failure();
                if (outcome.failure() instanceof DDictException e) {
                    ((TcpChannel) channels[manager]).putEnded(e);
                }
            }
        }
    }

    private void putLate(int place, long endNs) {
        long leftNs = endNs - System.nanoTime();
        if (leftNs > 0) {
            put(place, leftNs);
        } else {
            failures[place] = late(place);
        }
    }

    private Throwable late(int place) {
        DDictException e = new DDictTimeoutException(
                "time over before a copy was sent: timeout="
                        + TimeUnit.NANOSECONDS.toMillis(timeoutNs) + "ms, manager="
                        + channels[place].manager() + ", dictionary=" + open.name());
        try {
            e.noteCall(
                    OptionalLong.of(start().hash()), channels[place].manager(),
                    Duration.ofNanos(timeoutNs));
        } catch (RuntimeException closed) {
            e.addSuppressed(closed);
        }
        return e;
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
