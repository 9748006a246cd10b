package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.Coordination.Outcome;
import io.ddict.client.channel.Coordination.TakenItem;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Scratch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a channel promises, whatever it goes by. */
@Timeout(120)
abstract class ChannelContract {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SHORT = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int MIB = 1 << 20;

    private final List<ChannelClient> clients = new ArrayList<>();

    /** Opens the only shard of a dictionary as another process would. */
    abstract ChannelClient open(String dictionary);

    @AfterEach
    void closeClients() {
        clients.forEach(ChannelClient::close);
    }

    private ChannelClient client(DDict<?, ?> dict) {
        ChannelClient opened = open(dict.name());
        clients.add(opened);
        return opened;
    }

    private ChannelClient client() {
        return client(dictionary(16));
    }

    private static DDict<Object, Object> dictionary(int mebibytes) {
        return SERVICE.create(DDictConfig.builder().totalMemory(ByteSize.mib(mebibytes)));
    }

    @ParameterizedTest
    @ValueSource(bytes = {-1, -3, -4, Byte.MIN_VALUE})
    void storesNoValueWithATagThatManagersWriteThemselves(byte tag) {
        ChannelClient client = client();
        for (int length : new int[]{24, 100_000}) {
            byte[] value = random(length);
            client.channel.put(
                    client.on("key"), new Tagged(ChannelClient.codec(value), tag), value, false);
            client.put("other", value);
            assertThat(client.get("key")).isNull();
            assertThat((byte[]) client.get("other")).isEqualTo(value);
        }
    }

    /** Writes bytes under another tag than theirs. */
    private record Tagged(Codec<byte[]> codec, byte tag) implements Codec<byte[]> {
        @Override
        public long prepare(byte[] value, Scratch scratch) {
            return codec.prepare(value, scratch);
        }

        @Override
        public void write(byte[] value, Scratch scratch, MemorySegment target, long offset) {
            codec.write(value, scratch, target, offset);
        }

        @Override
        public byte[] read(MemorySegment source, long offset, long length) {
            return codec.read(source, offset, length);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 4_000, 5_000, 65_519, 65_536, 65_537, 262_144, 262_145, MIB,
        MIB + 1, 64 * MIB})
    void readsWhatWasWritten(int length) {
        ChannelClient client = client(dictionary(Math.max(16, 3 * (length / MIB))));
        byte[] value = random(length);
        client.put("key", value);
        assertThat((byte[]) client.get("key")).isEqualTo(value);
        CallContext call = client.on("key");
        assertThat((byte[]) client.channel.getNow(call, ChannelClient.VALUES)).isEqualTo(value);
        assertThat(call.version()).isPositive();
        CallContext later = client.on("key");
        assertThat(client.channel.contains(later)).isTrue();
        assertThat(later.version()).isEqualTo(call.version());
        assertThat(later.found().valueLength).isEqualTo(length);
        assertThat(later.found().valueTag).isEqualTo(ChannelClient.codec(value).tag());
        byte[] seen = client.channel.view(client.on("key"), bytes -> bytes.toArray(
                ValueLayout.JAVA_BYTE));
        assertThat(seen).isEqualTo(value);
        MemorySegment buffer = MemorySegment.ofArray(new byte[length + 3]);
        assertThat(client.channel.get(client.on("key"), buffer)).isEqualTo(length);
        assertThat(MemorySegment.mismatch(buffer, 0, length, MemorySegment.ofArray(value), 0,
                length)).isEqualTo(-1);
        assertThat(client.channel.valueEquals(client.on("key"), ChannelClient.codec(value), value))
                .isTrue();
        byte[] other = random(length + 1);
        assertThat(client.channel.valueEquals(client.on("key"), ChannelClient.codec(other), other))
                .isFalse();
    }

    @Test
    void readsNothingWhereThereIsNothing() {
        ChannelClient client = client();
        CallContext call = client.on("key");
        assertThat(client.channel.get(call, ChannelClient.VALUES)).isNull();
        assertThat(call.version()).isZero();
        assertThat(client.channel.getNow(client.on("key"), ChannelClient.VALUES)).isNull();
        assertThat(client.channel.get(client.on("key"), MemorySegment.ofArray(new byte[1])))
                .isEqualTo(-1);
        assertThat(client.channel.<Object>view(client.on("key"), bytes -> "seen")).isNull();
        assertThat(client.channel.contains(client.on("key"))).isFalse();
        assertThat(client.channel.valueEquals(client.on("key"), ChannelClient.codec(""), ""))
                .isFalse();
        client.channel.preload(client.call(), new long[]{1, 2}, 2);
    }

    @Test
    void takesKeysOfAnyLength() {
        ChannelClient client = client();
        for (int length : new int[]{0, 1, 300, 65_535}) {
            String key = "k".repeat(length);
            client.put(key, length);
            client.put(key + "".repeat(length), random(70_000 + length));
            client.put(key, length);
            assertThat(client.get(key)).isEqualTo(length);
        }
        assertThat(client.channel.size(client.call())).isEqualTo(4);
    }

    @Test
    void refusesABufferThatIsTooShort() {
        ChannelClient client = client();
        client.put("key", new byte[10]);
        assertThatThrownBy(() -> client.channel.get(
                client.on("key"), MemorySegment.ofArray(new byte[9])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("buffer too short: valueLength=10B, bufferLength=9B");
    }

    @Test
    void tellsWhatItIs() {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).workingSetSize(3)
                        .waitForWriters(true));
        ChannelClient client = client(dict);
        assertThat(client.channel.manager()).isZero();
        assertThat(client.channel.workingSet().size()).isEqualTo(3);
        assertThat(client.channel.workingSet().waitsForWriters()).isTrue();
        assertThat(client.channel.workingSet().waitsForKeys()).isFalse();
        assertThat(client.channel.hashSeed()).isEqualTo(client(dict).channel.hashSeed());
        client.put("key", "value");
        assertThat(client.channel.size(client.call())).isEqualTo(1);
        assertThat(client.channel.figures().entries()).isEqualTo(1);
        assertThat(client.channel.figures().workingSetSize()).isEqualTo(3);
        assertThat(client.channel.figures().counters()).isNotEmpty();
        client.channel.record(io.ddict.store.pool.CallKind.READ, 1_000);
        assertThat(client.channel.profile().reads().samples()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 5_000, 300_000})
    void writesOnCondition(int length) {
        ChannelClient client = client();
        byte[] value = random(length);
        Codec<byte[]> codec = ChannelClient.codec(value);
        assertThat(client.channel.putIf(client.on("key"), codec, value, 17)).isZero();
        long first = client.channel.putIf(
                client.on("key"), codec, value, ShardChannel.ABSENT_VERSION);
        assertThat(first).isPositive();
        assertThat(client.channel.putIf(
                client.on("key"), codec, value, ShardChannel.ABSENT_VERSION)).isZero();
        long second = client.channel.putIf(client.on("key"), codec, value, first);
        assertThat(second).isGreaterThan(first);
        assertThat(client.channel.removeIf(client.on("key"), first)).isFalse();
        assertThat(client.channel.removeIf(client.on("key"), second)).isTrue();
        assertThat(client.channel.removeIf(client.on("key"), ShardChannel.ANY_VERSION)).isFalse();
        client.put("key", value);
        assertThat(client.channel.removeIf(client.on("key"), ShardChannel.ANY_VERSION)).isTrue();
        assertThat(client.get("key")).isNull();
    }

    @Test
    void addsToIntegersOnly() {
        ChannelClient client = client();
        assertThat(client.channel.getAndAdd(client.on("key"), 5)).isZero();
        assertThat(client.channel.getAndAdd(client.on("key"), -7)).isEqualTo(5);
        assertThat(client.get("key")).isEqualTo(-2L);
        client.put("key", "text");
        assertThatThrownBy(() -> client.channel.getAndAdd(client.on("key"), 1))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("value is not a 64-bit integer (a Long)")
                .hasMessageContaining("manager=0")
                .extracting(e -> ((DDictException) e).status()).isEqualTo(Status.TYPE);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 100_000})
    void waitsForAValue(int length) throws Exception {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient client = client(dict);
        ChannelClient writer = client(dict);
        byte[] value = random(length);
        Codec<byte[]> codec = ChannelClient.codec(value);
        assertThatThrownBy(() -> client.channel.awaitValue(client.on("key", SHORT), codec, value))
                .isInstanceOf(DDictTimeoutException.class)
                .hasMessageContaining("timeout=100ms");
        Thread waiting = Thread.ofPlatform().start(
                () -> client.channel.awaitValue(client.on("key"), codec, value));
        writer.put("key", random(length + 1));
        writer.put("key", value);
        assertThat(waiting.join(SOON)).isTrue();
    }

    @Test
    void countsClearsAndIterates() {
        ChannelClient client = client(dictionary(32));
        Map<String, Integer> lengths = new HashMap<>();
        for (int number = 0; number < 3_000; number++) {
            int length = number % 300 == 7 ? 70_000 + number : number % 50;
            client.put("key-" + number, Content.sealed(number, Math.max(16, length)));
            lengths.put("key-" + number, Math.max(16, length));
        }
        assertThat(client.channel.size(client.call())).isEqualTo(3_000);
        assertThat(iterated(client, true)).isEqualTo(lengths);
        assertThat(iterated(client, false)).containsOnlyKeys(lengths.keySet());
        ShardCursor begun = client.channel.cursor(client.call());
        assertThat(begun.next(ChannelClient.KEYS, null)).isTrue();
        client.put("late", "value");
        int left = 0;
        while (begun.next(ChannelClient.KEYS, null)) {
            assertThat(begun.key()).isNotEqualTo("late");
            left++;
        }
        assertThat(left).isEqualTo(2_999);
        client.channel.clear(client.call());
        assertThat(client.channel.size(client.call())).isZero();
        assertThat(iterated(client, true)).isEmpty();
    }

    private static Map<String, Integer> iterated(ChannelClient client, boolean withValues) {
        Map<String, Integer> seen = new HashMap<>();
        ShardCursor cursor = client.channel.cursor(client.call());
        while (cursor.next(ChannelClient.KEYS, withValues ? ChannelClient.VALUES : null)) {
            byte[] value = (byte[]) cursor.value();
            assertThat(value == null).isEqualTo(!withValues);
            int length = value == null ? 0 : value.length;
            assertThat(cursor.found().valueLength).isGreaterThanOrEqualTo(length);
            assertThat(seen.put((String) cursor.key(), length)).isNull();
        }
        return seen;
    }

    @Test
    void storesBatches() {
        ChannelClient client = client();
        CollectedPuts puts = new CollectedPuts();
        for (int number = 0; number < CollectedPuts.COUNT_MAX; number++) {
            collect(client, puts, "key-" + number, "value-" + number);
        }
        Map<Integer, DDictException> refused = new TreeMap<>();
        assertThat(client.channel.sendAll(client.call(), puts, refused::put).await()).isNull();
        assertThat(refused).isEmpty();
        assertThat(client.get("key-17")).isEqualTo("value-17");
        assertThat(client.channel.size(client.call())).isEqualTo(CollectedPuts.COUNT_MAX);
        byte[] large = random(200_000);
        Codec<byte[]> codec = ChannelClient.codec(large);
        CallContext call = client.on("large");
        assertThat(client.channel.send(
                call, codec, large, codec.prepare(large, call.scratch())).await()).isNull();
        assertThat((byte[]) client.get("large")).isEqualTo(large);
    }

    private static <T> void collect(
            ChannelClient client, CollectedPuts puts, String key, T value) {
        CallContext call = client.on(key);
        Codec<T> codec = ChannelClient.codec(value);
        puts.add(call, codec, value, codec.prepare(value, call.scratch()));
    }

    @Test
    void refusesWhatThereIsNoRoomForAndGoesOn() {
        ChannelClient client = client(dictionary(4));
        assertThatThrownBy(() -> {
            for (int number = 0; number < 100_000; number++) {
                client.put("key-" + number, random(2_000));
            }
        }).isInstanceOf(DDictFullException.class)
                .hasMessageStartingWith("memory pool full: recordLength=")
                .hasMessageContaining("manager=0")
                .hasMessageEndingWith(
                        "; remove keys or create the dictionary with more totalMemory");
        assertThatThrownBy(() -> client.put("large", random(8 * MIB)))
                .isInstanceOf(DDictFullException.class)
                .hasMessageStartingWith("memory pool full: recordLength=");
        assertThat((byte[]) client.get("key-0")).hasSize(2_000);
        CollectedPuts puts = new CollectedPuts();
        for (int number = 0; number < 10; number++) {
            collect(client, puts, "new-" + number, random(2_000));
        }
        Map<Integer, DDictException> refused = new TreeMap<>();
        assertThat(client.channel.sendAll(client.call(), puts, refused::put).await()).isNull();
        assertThat(refused).containsOnlyKeys(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(refused.get(3)).isInstanceOf(DDictFullException.class);
        assertThat(client.channel.profile().refused()).isPositive();
        client.channel.clear(client.call());
        client.put("large", random(MIB));
        assertThat((byte[]) client.get("large")).hasSize(MIB);
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 100_000})
    void waitsAMomentForWhatReadersStillSee(int length) {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient client = client(dict);
        dict.put("seen", new byte[100]);
        boolean stored = false;
        // A reader that does not run for long is not waited for: then it is tried again.
        for (int round = 0; round < 5 && !stored; round++) {
            int count = fill(dict, length);
            CountDownLatch given = new CountDownLatch(1);
            try (Threads readers = new Threads()) {
                readers.start(1, thread -> dict.<Object>view("seen", bytes -> {
                    for (int key = 0; key < count; key++) {
                        dict.remove(key);
                    }
                    given.countDown();
                    Await.pass(Duration.ofMillis(20));
                    return null;
                }));
                assertThat(given.await(10, TimeUnit.SECONDS)).as("all is removed").isTrue();
                stored = !Writes.isRefused(() -> client.put("key", random(length)));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        assertThat(stored).isTrue();
        assertThat((byte[]) client.get("key")).isEqualTo(random(length));
    }

    private static int fill(DDict<Object, Object> dict, int length) {
        int key = 0;
        // Blocks on offer to this client may just have been taken back.
        for (int refused = 0; refused < 2; key++) {
            int next = key;
            refused += Writes.isRefused(() -> dict.put(next, new byte[length])) ? 1 : 0;
        }
        return key;
    }

    @Test
    void replacesValuesOfAnyLengthWhereThereIsNoEntryForANewKey() {
        ChannelClient client = client(
                SERVICE.create(
                        DDictConfig.builder().totalMemory(ByteSize.mib(16)).entriesMax(2_000)));
        assertThatThrownBy(() -> {
            for (int number = 0; number < 10_000; number++) {
                client.put("key-" + number, "value");
            }
        }).isInstanceOf(DDictFullException.class).hasMessageStartingWith("too many keys: ");
        for (int length : new int[]{10, 1_000, 100_000}) {
            client.put("key-7", random(length));
            assertThat((byte[]) client.get("key-7")).hasSize(length);
            assertThatThrownBy(() -> client.put("new", random(length)))
                    .isInstanceOf(DDictFullException.class)
                    .hasMessageStartingWith("too many keys: ");
        }
        CollectedPuts puts = new CollectedPuts();
        collect(client, puts, "new", "value");
        collect(client, puts, "key-5", "other");
        collect(client, puts, "newer", "value");
        Map<Integer, DDictException> refused = new TreeMap<>();
        assertThat(client.channel.sendAll(client.call(), puts, refused::put).await()).isNull();
        assertThat(refused).containsOnlyKeys(0, 2);
        assertThat(client.get("key-5")).isEqualTo("other");
    }

    @Test
    void keepsToItsQuota() {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16))
                        .clientQuota(ByteSize.bytes(100_000)));
        ChannelClient client = client(dict);
        client.put("one", random(60_000));
        assertThatThrownBy(() -> client.put("two", random(60_000)))
                .isInstanceOf(DDictFullException.class)
                .hasMessageStartingWith("quota of this client is used up");
        client(dict).put("two", random(60_000));
        client.put("one", random(70_000));
        assertThat((byte[]) client.get("one")).hasSize(70_000);
    }

    @Test
    void isReadOnlyWhileFrozen() {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient client = client(dict);
        byte[] value = random(100_000);
        client.put("key", value);
        assertThat(client.channel.isFrozen()).isFalse();
        assertThatThrownBy(() -> client.channel.frozenView(client.on("key")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("dictionary is not frozen");
        client.channel.requireWritable(client.on("key"));
        dict.freeze();
        assertThat(client.channel.isFrozen()).isTrue();
        MemorySegment view = client.channel.frozenView(client.on("key"));
        assertThat(view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(value);
        assertThat(client.channel.frozenView(client.on("none"))).isNull();
        List<Runnable> writes = List.of(
                () -> client.put("key", "other"), () -> client.put("key", random(100_000)),
                () -> client.channel.getAndAdd(client.on("number"), 1),
                () -> client.channel.removeIf(client.on("key"), ShardChannel.ANY_VERSION),
                () -> client.channel.clear(client.call()),
                () -> client.channel.requireWritable(client.on("key")));
        for (Runnable write : writes) {
            assertThatThrownBy(write::run).isInstanceOf(FrozenException.class)
                    .hasMessageStartingWith("dictionary is frozen: pool=");
        }
        assertThat((byte[]) client.get("key")).isEqualTo(value);
        client.channel.closeFrozenViews();
        assertThatThrownBy(() -> view.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        dict.unfreeze();
        client.put("key", "other");
        assertThat(client.get("key")).isEqualTo("other");
        client.channel.endFrozenViews();
    }

    @Test
    void seesTheCheckpointsThatAreHeld() {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).workingSetSize(2));
        ChannelClient client = client(dict);
        client.put("key", "at 0");
        client.at(1);
        assertThat(client.get("key")).isEqualTo("at 0");
        client.put("key", "at 1");
        assertThat(client.channel.newestCheckpoint(client.call())).isEqualTo(1);
        client.at(0);
        assertThat(client.get("key")).isEqualTo("at 0");
        assertThat(client.channel.size(client.call())).isEqualTo(1);
        client.at(2);
        client.put("other", "at 2");
        assertThat(client.channel.newestCheckpoint(client.call())).isEqualTo(2);
        client.at(0);
        assertThatThrownBy(() -> client.get("key"))
                .isInstanceOf(CheckpointRetiredException.class)
                .hasMessageStartingWith("checkpoint is retired: checkpoint=0, oldest=1, newest=2");
        assertThatThrownBy(() -> client.put("key", "late"))
                .isInstanceOf(CheckpointRetiredException.class);
        assertThatThrownBy(() -> client.channel.cursor(client.call()))
                .isInstanceOf(CheckpointRetiredException.class);
        client.at(1);
        assertThat(iteratedKeys(client)).containsExactly("key");
    }

    private static List<Object> iteratedKeys(ChannelClient client) {
        List<Object> keys = new ArrayList<>();
        ShardCursor cursor = client.channel.cursor(client.call());
        while (cursor.next(ChannelClient.KEYS, null)) {
            keys.add(cursor.key());
        }
        return keys;
    }

    @Test
    void waitsForKeysThatAreNotThereYet() throws Exception {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).workingSetSize(2)
                        .waitForKeys(true));
        ChannelClient reader = client(dict);
        ChannelClient writer = client(dict);
        assertThatThrownBy(
                () -> reader.channel.get(reader.on("key", SHORT), ChannelClient.VALUES))
                .isInstanceOf(DDictTimeoutException.class);
        assertThat(reader.channel.getNow(reader.on("key"), ChannelClient.VALUES)).isNull();
        AtomicReference<Object> read = new AtomicReference<>();
        Thread waiting = Thread.ofPlatform().start(() -> read.set(reader.get("key")));
        writer.put("key", "value");
        assertThat(waiting.join(SOON)).isTrue();
        assertThat(read).hasValue("value");
        writer.channel.put(writer.on("lasting"), ChannelClient.codec("p"), "p", true);
        reader.at(1);
        assertThat(reader.get("lasting")).isEqualTo("p");
        assertThatThrownBy(
                () -> reader.channel.get(reader.on("key", SHORT), ChannelClient.VALUES))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @Test
    void waitsForWritersUntilTheyGoOnOrDie() throws Exception {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).workingSetSize(2)
                        .waitForWriters(true));
        // The dictionary's own handle is a writer, too.
        dict.checkpoint();
        dict.checkpoint();
        dict.checkpoint();
        ChannelClient fast = client(dict);
        ChannelClient slow = client(dict);
        fast.at(0);
        slow.at(0);
        fast.put("key", 0);
        slow.put("key", 0);
        fast.at(1);
        fast.put("key", 1);
        fast.at(2);
        assertThatThrownBy(() -> fast.channel.put(
                fast.on("key", SHORT), ChannelClient.codec(2), 2, false))
                .isInstanceOf(DDictTimeoutException.class);
        CollectedPuts puts = new CollectedPuts();
        collect(fast, puts, "key", 2);
        Map<Integer, DDictException> refused = new TreeMap<>();
        assertThat(fast.channel.sendAll(fast.call(), puts, refused::put).await())
                .isInstanceOf(FutureCheckpointException.class);
        assertThat(refused).containsOnlyKeys(0);
        Thread waiting = Thread.ofPlatform().start(() -> fast.put("key", 2));
        slow.die();
        assertThat(waiting.join(SOON)).isTrue();
        assertThat(fast.get("key")).isEqualTo(2);
    }

    @Test
    void appliesTheOperationsOfAThreadInItsOrder() throws Exception {
        ChannelClient client = client(dictionary(64));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            String key = "key-" + thread;
            long seed = thread;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    writeAndRead(client, key, new SplittableRandom(seed));
                } catch (Throwable e) {
                    failure.set(e);
                }
            }));
        }
        for (Thread each : threads) {
            each.join();
        }
        assertThat(failure).hasValue(null);
    }

    private static void writeAndRead(ChannelClient client, String key, SplittableRandom random) {
        for (int round = 0; round < 400; round++) {
            int length = random.nextInt(4) == 0 ? 20_000 + random.nextInt(300_000)
                    : 16 + random.nextInt(3_000);
            client.put(key, Content.sealed(round, length));
            if (random.nextBoolean()) {
                client.put(key, Content.sealed(round + 1_000_000, 16));
                client.put(key, Content.sealed(round, length));
            }
            byte[] read = (byte[]) client.get(key);
            assertThat(read).hasSize(length);
            assertThat(Content.isSealed(MemorySegment.ofArray(read), round)).isTrue();
        }
    }

    @Test
    void addsWithinBounds() {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient client = client(dict);
        Coordination adds = client.channel.coordination();
        assertThat(adds.addWithin(client.on("n"), 5, 0, 5, 0, true)).isZero();
        assertThat(adds.addWithin(client.on("n"), 1, 0, 5, 0, false))
                .isEqualTo(Coordination.NOT_ADDED);
        assertThatThrownBy(() -> adds.addWithin(client.on("n", SHORT), 1, 0, 5, 0, true))
                .isInstanceOf(DDictTimeoutException.class);
        adds.postAdd(client.on("n"), -2, 0);
        assertThat(client.get("n")).isEqualTo(3L);
        ChannelClient other = client(dict);
        assertThat(other.channel.coordination().addWithin(other.on("n"), 2, 0, 5, -2, true))
                .isEqualTo(3);
        other.die();
        assertThat(adds.addWithin(client.on("n"), 2, 0, 5, 0, true)).isEqualTo(3);
    }

    @Test
    void handsOutItemsOfQueues() throws Exception {
        DDict<Object, Object> dict = dictionary(32);
        ChannelClient client = client(dict);
        ChannelClient other = client(dict);
        byte[] queue = queue(7);
        Coordination queues = client.channel.coordination();
        assertThat(take(client, queue, 1, false)).isEmpty();
        for (int number = 0; number < 3; number++) {
            byte[] item = Content.sealed(number, number == 1 ? 300_000 : 100);
            assertThat(queues.offer(
                    client.on(queue), ChannelClient.codec(item), item, 3, false)).isTrue();
        }
        assertThat(queues.offer(client.on(queue), ChannelClient.codec("x"), "x", 3, false))
                .isFalse();
        assertThat(queues.waiting(client.on(queue))).isEqualTo(3);
        TakenItem[] taken = {
            take(client, queue, 1, true)[0], take(client, queue, 1, true)[0]
        };
        assertThat((byte[]) taken[0].value()).hasSize(100);
        assertThat((byte[]) taken[1].value()).hasSize(300_000);
        client.channel.coordination().worksOn(taken[0].number());
        queues.acknowledge(client.on(queue), taken[0].number(), Outcome.USED);
        queues.acknowledge(client.on(queue), taken[1].number(), Outcome.RETURNED);
        TakenItem[] again = take(other, queue, 1, true);
        assertThat(again[0].number()).isEqualTo(taken[1].number());
        assertThat(again[0].times()).isEqualTo(1);
        other.die();
        Await.until(SOON, () -> "return of what the dead client had taken",
                () -> queues.waiting(client.on(queue)) == 2);
        TakenItem[] third = take(client, queue, 1, true);
        assertThat(third[0].number()).isEqualTo(taken[1].number());
        assertThat(third[0].times()).isEqualTo(2);
        queues.postOffer(client.on(queue), ChannelClient.codec("late"), "late", 9);
        assertThat(take(client, queue, 1, true)[0].value()).isInstanceOf(byte[].class);
        assertThat(take(client, queue, 1, true)[0].value()).isEqualTo("late");
        queues.drop(client.on(queue));
        assertThatThrownBy(() -> queues.waiting(client.on(queue)))
                .isInstanceOf(DestroyedException.class)
                .hasMessageStartingWith("queue was destroyed");
    }

    private static TakenItem[] take(
            ChannelClient client, byte[] queue, int most, boolean waits) {
        CallContext call = client.on(queue);
        call.deadline().waitForOthers();
        return client.channel.coordination().take(call, most, Coordination.Taking.IN_ORDER, waits,
                ChannelClient.VALUES);
    }

    private static byte[] queue(long id) {
        byte[] key = new byte[io.ddict.store.pool.Operation.QUEUE_KEY_LENGTH];
        MemorySegment.ofArray(key).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, id);
        return key;
    }

    @Test
    void endsAWaitForOthersWhenItsThreadIsInterrupted() throws Exception {
        ChannelClient client = client();
        byte[] queue = queue(8);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                take(client, queue, 1, true);
            } catch (RuntimeException e) {
                thrown.set(Thread.currentThread().isInterrupted() ? e : new AssertionError());
            }
        });
        Await.until(SOON, () -> "waiting",
                () -> waiting.getState() == Thread.State.TIMED_WAITING
                        || waiting.getState() == Thread.State.RUNNABLE);
        Await.pass(SHORT);
        waiting.interrupt();
        assertThat(waiting.join(SOON)).isTrue();
        assertThat(thrown.get()).isInstanceOf(DDictTimeoutException.class);
        // What comes now is nobody's yet.
        client.channel.coordination().postOffer(
                client.on(queue), ChannelClient.codec("item"), "item", 0);
        assertThat(take(client, queue, 1, true)[0].value()).isEqualTo("item");
    }

    @Test
    void takesWhatComesWhileItWaits() throws Exception {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient taker = client(dict);
        ChannelClient giver = client(dict);
        byte[] queue = queue(9);
        AtomicReference<Object> taken = new AtomicReference<>();
        Thread waiting = Thread.ofPlatform()
                .start(() -> taken.set(take(taker, queue, 1, true)[0].value()));
        Await.pass(SHORT);
        assertThat(taken).hasValue(null);
        giver.channel.coordination().postOffer(
                giver.on(queue), ChannelClient.codec("item"), "item", 0);
        assertThat(waiting.join(SOON)).isTrue();
        assertThat(taken).hasValue("item");
    }

    @Test
    void givesBackWhatADeadClientHeld() {
        DDict<Object, Object> dict = dictionary(64);
        Path pool = SERVICE.machine().pools().getFirst();
        long before = links(pool);
        ChannelClient client = client(dict);
        assertThat(links(pool)).isEqualTo(before + 1);
        client.put("key", random(20 * MIB));
        client.put("other", random(20 * MIB));
        client.die();
        Await.until(SOON, () -> "end of the link: " + links(pool), () -> links(pool) == before);
        ChannelClient next = client(dict);
        assertThat((byte[]) next.get("key")).hasSize(20 * MIB);
        next.channel.clear(next.call());
        next.put("key", random(40 * MIB));
        assertThat((byte[]) next.get("key")).hasSize(40 * MIB);
    }

    private static long links(Path pool) {
        try (Stream<Path> files = Files.list(pool)) {
            return files.filter(file -> file.getFileName().toString().startsWith("link-")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void tellsThatTheDictionaryWasDestroyed() {
        DDict<Object, Object> dict = dictionary(16);
        ChannelClient client = client(dict);
        client.put("key", "value");
        dict.destroy();
        List<Runnable> calls = List.of(() -> client.get("key"), () -> client.put("key", "late"),
                () -> client.put("key", random(100_000)),
                () -> client.channel.size(client.call()),
                () -> client.channel.getAndAdd(client.on("n"), 1));
        for (Runnable call : calls) {
            assertThatThrownBy(call::run).isInstanceOf(DestroyedException.class)
                    .hasMessageStartingWith("dictionary destroyed: pool=");
        }
    }

    @Test
    void refusesCallsOnceItIsClosed() {
        ChannelClient client = open(dictionary(16).name());
        client.put("key", "value");
        client.close();
        client.close();
        assertThatThrownBy(() -> client.get("key")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> client.put("key", "late"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("handle is closed");
    }

    @Test
    void tellsWhichCallFailed() {
        ChannelClient client = client();
        client.put("key", "text");
        CallContext call = client.on("key");
        assertThatThrownBy(() -> client.channel.getAndAdd(call, 1))
                .satisfies(e -> assertThat(((DDictException) e).keyHash()).hasValue(call.hash()))
                .satisfies(e -> assertThat(((DDictException) e).manager()).hasValue(0))
                .satisfies(e -> assertThat(((DDictException) e).elapsed()).isPresent());
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }
}
