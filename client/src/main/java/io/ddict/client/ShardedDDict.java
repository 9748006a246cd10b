package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.ExpiringCodec;
import io.ddict.store.pool.CallKind;
import java.io.NotSerializableException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * Calls that change a value depending on what it is (replace, conditional remove, putIfAbsent) read
 * it in place with its version, and then write on condition of that version; if another writer came
 * between, they read again. So no value ever travels in an answer, and no manager decodes one.
 */

/** The dictionary that users get: hashes keys and calls the channel of the right shard. */
final class ShardedDDict<K, V> implements DDict<K, V> {
    private static final Duration TIMEOUT_MAX = Duration.ofDays(365);
    private static final Duration TIME_TO_LIVE_MAX = Duration.ofDays(36_500);
    private static final long FOR_EVER = 0;

    private final OpenDictionary open;
    private final long timeoutNs;
    private final long timeToLiveMs;

    ShardedDDict(OpenDictionary open, Duration timeout) {
        this(open, nanoseconds(timeout), FOR_EVER);
    }

    private ShardedDDict(OpenDictionary open, long timeoutNs, long timeToLiveMs) {
        this.open = open;
        this.timeoutNs = timeoutNs;
        this.timeToLiveMs = timeToLiveMs;
    }

    @Override
    public @Nullable V get(K key) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        V value = cast(channel.get(call, open.values()));
        channel.ended(CallKind.READ, startNs);
        return value;
    }

    // Not waiting for a key that is not there yet, where others do.
    private @Nullable V getNow(K key) {
        CallContext call = start(key);
        return cast(open.channel(call).getNow(call, open.values()));
    }

    @Override
    public V get(K key, V defaultValue) {
        V value = get(key);
        return value != null ? value : defaultValue;
    }

    @Override
    public V getOrThrow(K key) {
        V value = get(key);
        if (value == null) {
            throw new NoSuchElementException(
                    "key is absent: key=" + key + ", dictionary=" + name());
        }
        return value;
    }

    @Override
    public Optional<V> find(K key) {
        return Optional.ofNullable(get(key));
    }

    @Override
    public long get(K key, MemorySegment buffer) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        long length = channel.get(call, buffer);
        channel.ended(CallKind.READ, startNs);
        return length;
    }

    @Override
    public @Nullable Versioned<V> getVersioned(K key) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        V value = cast(channel.get(call, open.values()));
        channel.ended(CallKind.READ, startNs);
        return value == null ? null : new Versioned<>(value, call.version());
    }

    @Override
    public Map<K, V> getAll(Collection<? extends K> keys) {
        Map<K, V> found = HashMap.newHashMap(keys.size());
        Consumer<K> reader = key -> {
            V value = get(key);
            if (value != null) {
                found.put(key, value);
            }
        };
        List<ReadAhead<K>> groups = readAheads();
        for (K key : keys) {
            CallContext call = start(key);
            ReadAhead<K> group = groups.get(call.place());
            if (group.add(key, call.hash())) {
                group.read(call, reader);
            }
        }
        groups.forEach(group -> group.read(open.start(timeoutNs), reader));
        return found;
    }

    @Override
    public <R extends @Nullable Object> @Nullable R view(
            K key, Function<MemorySegment, R> function) {
        Objects.requireNonNull(function, "function");
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        // Before the function, which may make calls of its own.
        long startNs = call.startNs();
        R result = channel.view(call, function);
        channel.ended(CallKind.READ, startNs);
        return result;
    }

    @Override
    public @Nullable MemorySegment view(K key) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        MemorySegment bytes = channel.frozenView(call);
        channel.ended(CallKind.READ, startNs);
        return bytes;
    }

    @Override
    public void freeze() {
        open.freeze();
    }

    @Override
    public void unfreeze() {
        open.unfreeze();
    }

    @Override
    public boolean isFrozen() {
        for (ShardChannel channel : open.channels()) {
            if (!channel.isFrozen()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean containsKey(K key) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        boolean found = channel.contains(call);
        channel.ended(CallKind.READ, startNs);
        return found;
    }

    @Override
    public void put(K key, V value) {
        put(key, value, false);
    }

    @Override
    public void putPersistent(K key, V value) {
        put(key, value, true);
    }

    private void put(K key, V value, boolean persistent) {
        Codec<V> codec = codec(value);
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        channel.put(call, codec, value, persistent);
        channel.ended(CallKind.WRITE, startNs);
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> entries) {
        try (Batch<K, V> batch = ShardedBatch.ofOneCall(open, timeoutNs, this::codec)) {
            entries.forEach(batch::put);
            List<BatchResult.Refused<K>> refused = batch.end().refused();
            if (!refused.isEmpty()) {
                throw refused.getFirst().cause();
            }
        }
    }

    @Override
    public void broadcastPut(K key, V value) {
        new Broadcast<>(open, timeoutNs, requireKey(key), codec(value), value).put();
    }

    @Override
    public @Nullable V broadcastGet(K key) {
        CallContext call = start(key);
        return cast(open.nearestChannel().get(call, open.values()));
    }

    @Override
    public Batch<K, V> batch() {
        return ShardedBatch.begin(open, timeoutNs, this::codec);
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        Codec<V> codec = codec(value);
        requireWritable(key);
        while (true) {
            V present = getNow(key);
            if (present != null || putIf(key, codec, value, ShardChannel.ABSENT_VERSION) != 0) {
                return present;
            }
        }
    }

    @Override
    public @Nullable V replace(K key, V value) {
        Codec<V> codec = codec(value);
        requireWritable(key);
        while (true) {
            Versioned<V> present = getVersioned(key);
            if (present == null) {
                return null;
            }
            if (putIf(key, codec, value, present.version()) != 0) {
                return present.value();
            }
        }
    }

    @Override
    public boolean replace(K key, V expected, V value) {
        Codec<V> codec = codec(value);
        requireWritable(key);
        while (true) {
            long version = versionIfEqual(key, expected);
            if (version == 0) {
                return false;
            }
            if (putIf(key, codec, value, version) != 0) {
                return true;
            }
        }
    }

    @Override
    public long compareAndSet(K key, long version, V value) {
        if (version < 0) {
            throw new IllegalArgumentException("negative version: version=" + version);
        }
        return putIf(key, codec(value), value, version);
    }

    @Override
    public @Nullable V remove(K key) {
        requireWritable(key);
        while (true) {
            Versioned<V> present = getVersioned(key);
            if (present == null) {
                return null;
            }
            if (removeIf(key, present.version())) {
                return present.value();
            }
        }
    }

    @Override
    public boolean remove(K key, V expected) {
        requireWritable(key);
        while (true) {
            long version = versionIfEqual(key, expected);
            if (version == 0) {
                return false;
            }
            if (removeIf(key, version)) {
                return true;
            }
        }
    }

    @Override
    public long getAndAdd(K key, long delta) {
        if (timeToLiveMs != FOR_EVER) {
            throw new IllegalStateException(
                    "counters have no time to live: dictionary=" + name()
                            + "; add by a handle without one");
        }
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        long before = channel.getAndAdd(call, delta);
        channel.ended(CallKind.REQUEST, startNs);
        return before;
    }

    @Override
    public void awaitValue(K key, V value, Duration timeout) {
        Codec<V> codec = plainCodec(value);
        CallContext call = open.start(requireKey(key), nanoseconds(timeout));
        open.channel(call).awaitValue(call, codec, value);
    }

    @Override
    public long size() {
        return size(open.channels());
    }

    @Override
    public long localSize() {
        return size(open.localChannels());
    }

    private long size(ShardChannel[] channels) {
        long size = 0;
        for (ShardChannel channel : channels) {
            size += channel.size(open.start(timeoutNs));
        }
        return size;
    }

    @Override
    public boolean isEmpty() {
        return size() == 0;
    }

    @Override
    public void clear() {
        for (ShardChannel channel : open.channels()) {
            channel.clear(open.start(timeoutNs));
        }
    }

    @Override
    public Iterable<K> keys() {
        return keys(open::channels);
    }

    @Override
    public Iterable<V> values() {
        return values(open::channels);
    }

    @Override
    public Iterable<Map.Entry<K, V>> entries() {
        return entries(open::channels);
    }

    @Override
    public Iterable<K> localKeys() {
        return keys(open::localChannels);
    }

    @Override
    public Iterable<V> localValues() {
        return values(open::localChannels);
    }

    @Override
    public Iterable<Map.Entry<K, V>> localEntries() {
        return entries(open::localChannels);
    }

    @Override
    public DDict<K, V> manager(int manager) {
        return new ShardedDDict<>(open.manager(manager), timeoutNs, timeToLiveMs);
    }

    @Override
    public int managers() {
        return open.managers();
    }

    @Override
    public int whichManager(K key) {
        return open.channel(start(key)).manager();
    }

    @Override
    public List<ManagerPlace> topology() {
        return open.topology();
    }

    @Override
    public List<Integer> localManagers() {
        return open.topology().stream()
                .filter(ManagerPlace::isLocal)
                .map(ManagerPlace::manager)
                .toList();
    }

    @Override
    public List<Integer> emptyManagers() {
        return Arrays.stream(open.channels())
                .filter(channel -> channel.size(open.start(timeoutNs)) == 0)
                .map(ShardChannel::manager)
                .toList();
    }

    @Override
    public long copyTo(DDict<? super K, ? super V> other) {
        long copied = 0;
        for (ShardChannel channel : open.channels()) {
            try (DDict<K, V> shard = manager(channel.manager())) {
                copied += copyShard(shard, channel.manager(), other);
            }
        }
        return copied;
    }

    private static <K, V> long copyShard(
            DDict<K, V> shard, int manager, DDict<? super K, ? super V> other) {
        if (!areParallel(shard, other) || isPart(other)) {
            return ShardCopy.copy(shard, other);
        }
        try (DDict<? super K, ? super V> same = other.manager(manager)) {
            return ShardCopy.copy(shard, same);
        }
    }

    /** Whether each key is at the manager of the same number in both. */
    static boolean areParallel(DDict<?, ?> one, DDict<?, ?> other) {
        return open(one).isParallelTo(open(other));
    }

    private static boolean isPart(DDict<?, ?> dict) {
        return !open(dict).isWhole();
    }

    /** Seed of a dictionary's key hash. */
    static long hashSeed(DDict<?, ?> dict) {
        return open(dict).hashSeed();
    }

    /** A dictionary's placement; null if keys go by their hash. */
    static @Nullable Placement placement(DDict<?, ?> dict) {
        return open(dict).placement();
    }

    /** What a handle goes by. */
    static OpenDictionary open(DDict<?, ?> dict) {
        if (dict instanceof ShardedDDict<?, ?> sharded) {
            return sharded.open;
        }
        throw new IllegalArgumentException(
                "dictionary is not one that DDict.create or attach made: class="
                        + dict.getClass().getName());
    }

    @Override
    public Filtered<Map.Entry<K, V>> filter(
            EntryPredicate<? super K, ? super V> predicate,
            Comparator<? super Map.Entry<K, V>> order) {
        Objects.requireNonNull(predicate, "predicate is null");
        return filter(shard -> matches(shard, predicate, order), order);
    }

    private static <K, V> Iterator<Map.Entry<K, V>> matches(
            DDict<K, V> shard,
            EntryPredicate<? super K, ? super V> predicate,
            Comparator<? super Map.Entry<K, V>> order) {
        List<Map.Entry<K, V>> found = new ArrayList<>();
        for (Map.Entry<K, V> entry : shard.entries()) {
            if (predicate.test(entry.getKey(), entry.getValue())) {
                found.add(entry);
            }
        }
        found.sort(order);
        return found.iterator();
    }

    @Override
    public <R> Filtered<R> filter(
            ShardFunction<K, V, R> function, Comparator<? super R> order) {
        Objects.requireNonNull(function, "function is null");
        Objects.requireNonNull(order, "order is null");
        List<FilterWorker<R>> workers = new ArrayList<>();
        for (ShardChannel channel : open.channels()) {
            OpenDictionary shard = open.manager(channel.manager());
            DDict<K, V> handle = new ShardedDDict<>(shard, timeoutNs, timeToLiveMs);
            workers.add(new FilterWorker<>(shard, () -> function.apply(handle)));
        }
        return new MergedFilter<>(workers, order, timeoutNs);
    }

    @Override
    public ConcurrentMap<K, V> asMap() {
        return new MapView<>(this);
    }

    @Override
    public DDictAsync<K, V> async() {
        return new VirtualThreadAsync<>(this);
    }

    @Override
    public DDict<K, V> withTimeout(Duration timeout) {
        return new ShardedDDict<>(open, nanoseconds(timeout), timeToLiveMs);
    }

    @Override
    public DDict<K, V> withTimeToLive(Duration timeToLive) {
        if (timeToLive.compareTo(Duration.ofMillis(1)) < 0
                || timeToLive.compareTo(TIME_TO_LIVE_MAX) > 0) {
            throw new IllegalArgumentException(
                    "time to live is not in PT0.001S.." + TIME_TO_LIVE_MAX + ": timeToLive="
                            + timeToLive);
        }
        if (open.channels()[0].workingSet().hasVersions()) {
            throw new IllegalStateException(
                    "values of a dictionary that holds several checkpoints have no time to live:"
                            + " dictionary=" + name());
        }
        return new ShardedDDict<>(open, timeoutNs, timeToLive.toMillis());
    }

    @Override
    public long checkpoint() {
        return open.move(1);
    }

    @Override
    public long rollback() {
        return open.move(-1);
    }

    @Override
    public long checkpointId() {
        return open.checkpoint();
    }

    @Override
    public void checkpointId(long checkpoint) {
        open.checkpoint(checkpoint);
    }

    @Override
    public long syncToNewestCheckpoint() {
        open.requireNoBatch();
        long newest = 0;
        for (ShardChannel channel : open.channels()) {
            newest = Math.max(newest, channel.newestCheckpoint(open.start(timeoutNs)));
        }
        open.checkpoint(newest);
        return newest;
    }

    @Override
    public void persist() {
        open.persist(Duration.ofNanos(timeoutNs));
    }

    @Override
    public List<Long> persistedIds() {
        return open.persistedIds();
    }

    @Override
    public void restore(long checkpoint) {
        open.restore(checkpoint, Duration.ofNanos(timeoutNs));
    }

    @Override
    public long advance() {
        return open.advance(Duration.ofNanos(timeoutNs));
    }

    @Override
    public ClientProfile profile() {
        return new ClientProfile(
                name(), Arrays.stream(open.channels()).map(ShardChannel::profile).toList());
    }

    @Override
    public DDictStats stats() {
        return new DDictStats(
                name(), Arrays.stream(open.channels()).map(ShardChannel::figures).toList());
    }

    @Override
    public Inspector<K, V> inspector() {
        return new Inspector<>(open, timeoutNs);
    }

    @Override
    public String name() {
        return open.name();
    }

    @Override
    public String serialize() {
        return open.serialize();
    }

    // Called by Java serialization.
    private Object writeReplace() throws NotSerializableException {
        return new SerializedHandle(
                open.serialize(), open.isWhole() ? SerializedHandle.ALL : open.number(),
                checkpointId(), timeoutNs, timeToLiveMs, open.codecs(),
                SerializedHandle.travelling(open.placement()));
    }

    @Override
    public void destroy(boolean allowRestart) {
        open.destroy(allowRestart);
    }

    @Override
    public void close() {
        open.close();
    }

    @Override
    public String toString() {
        return serialize();
    }

    private List<ReadAhead<K>> readAheads() {
        return Arrays.stream(open.channels()).map(ReadAhead<K>::new).toList();
    }

    private CallContext start(K key) {
        return open.start(requireKey(key), timeoutNs);
    }

    // A frozen dictionary refuses also what would have changed nothing.
    private void requireWritable(K key) {
        CallContext call = start(key);
        open.channel(call).requireWritable(call);
    }

    private static <K> K requireKey(K key) {
        return Objects.requireNonNull(key, "key is null");
    }

    // A year is as good as for ever, and its nanoseconds fit a long.
    static long nanoseconds(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: timeout=" + timeout);
        }
        return timeout.compareTo(TIMEOUT_MAX) > 0 ? TIMEOUT_MAX.toNanos() : timeout.toNanos();
    }

    private Codec<V> codec(V value) {
        Codec<V> codec = plainCodec(value);
        return timeToLiveMs == FOR_EVER
                ? codec
                : new ExpiringCodec<>(codec, System.currentTimeMillis() + timeToLiveMs);
    }

    private Codec<V> plainCodec(V value) {
        return open.codecs().forValue(Objects.requireNonNull(value, "value is null"));
    }

    private long putIf(K key, Codec<V> codec, V value, long version) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        long written = channel.putIf(call, codec, value, version);
        channel.ended(CallKind.REQUEST, startNs);
        return written;
    }

    private boolean removeIf(K key, long version) {
        CallContext call = start(key);
        ShardChannel channel = open.channel(call);
        long startNs = call.startNs();
        boolean removed = channel.removeIf(call, version);
        channel.ended(CallKind.REQUEST, startNs);
        return removed;
    }

    private long versionIfEqual(K key, V expected) {
        Codec<V> codec = plainCodec(expected);
        CallContext call = start(key);
        return open.channel(call).valueEquals(call, codec, expected) ? call.version() : 0;
    }

    private Iterable<K> keys(Supplier<ShardChannel[]> channels) {
        return records(channels, open.keys(), null, cursor -> cast(cursor.key()));
    }

    private Iterable<V> values(Supplier<ShardChannel[]> channels) {
        return records(channels, null, open.values(), cursor -> cast(cursor.value()));
    }

    private Iterable<Map.Entry<K, V>> entries(Supplier<ShardChannel[]> channels) {
        return records(
                channels,
                open.keys(),
                open.values(),
                cursor -> Map.entry(this.<K>cast(cursor.key()), this.<V>cast(cursor.value())));
    }

    private <T> Iterable<T> records(
            Supplier<ShardChannel[]> channels,
            @Nullable ValueReader keys,
            @Nullable ValueReader values,
            Function<ShardChannel.ShardCursor, T> decoded) {
        return () -> new RecordIterator<>(
                open, channels.get(), timeoutNs, keys, values, decoded);
    }

    // The tag stored beside the bytes chose the codec; that it fits K and V is the user's contract.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
    private <T> T cast(@Nullable Object decoded) {
        return (T) decoded;
    }
}
