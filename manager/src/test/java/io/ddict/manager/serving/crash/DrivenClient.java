package io.ddict.manager.serving.crash;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.Scratch;
import io.ddict.manager.serving.Manager;
import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.WorkingSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/*
 * A client as the product has it, on the thread of the test: while it waits, it asks whether its
 * manager is lost, and that question lets the manager work. So a call that wants an answer gets one,
 * and all stores of all sides fall into one order that the next run repeats.
 */

/** A client and, while it waits, its manager, on one thread. */
final class DrivenClient implements AutoCloseable {
    private static final Codecs CODECS = Codecs.standard();
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(20);

    private final int link;
    private final Manager manager;
    private final StoreLog log;
    private final List<Posted> history;
    private final MappedPool pool;
    private final ShmChannel channel;
    private final KeyHash hash;
    private final CallContext call = new CallContext();
    private final WorkingSet rules;
    private boolean drives = true;
    private long checkpoint;

    /** Opens a client over a link that its manager has made. */
    DrivenClient(Manager manager, MappedPool pool, int link, StoreLog log, List<Posted> history) {
        this.link = link;
        this.manager = manager;
        this.log = log;
        this.history = history;
        this.pool = pool;
        this.rules = pool.geometry().workingSet();
        this.hash = new KeyHash(pool.geometry().hashSeed());
        try {
            this.channel = new ShmChannel(0, pool, link, this::letManagerWork);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int link() {
        return link;
    }

    /** Whether the manager works while this client waits; if not, calls return without an answer. */
    DrivenClient drives(boolean yes) {
        drives = yes;
        return this;
    }

    /** Goes to a checkpoint, of a pool that holds several. */
    DrivenClient at(long next) {
        checkpoint = next;
        return this;
    }

    /** Of all entries those that this client sees, by key. */
    Map<String, Entry> presentOf(Map<String, Entry> entries) {
        return rules.hasVersions() ? Versions.visibleAt(entries, checkpoint) : entries;
    }

    private Effect putEffect(String key, byte[] value, long version) {
        return rules.hasVersions()
                ? Versions.put(key, value, version, checkpoint, rules)
                : Effect.put(key, value, version);
    }

    void put(String key, byte[] value) {
        start(key);
        post(
                putEffect(key, value, Effect.ANY_VERSION),
                () -> {
                    channel.put(call, codec(value), value, false);
                    return null;
                });
    }

    /** Puts several as one batch; those that no place was found for in time are not put. */
    void putBatch(List<String> keys, List<byte[]> values) {
        CollectedPuts puts = new CollectedPuts();
        for (int i = 0; i < keys.size(); i++) {
            start(keys.get(i));
            Codec<byte[]> codec = codec(values.get(i));
            puts.add(call, codec, values.get(i), codec.prepare(values.get(i), call.scratch()));
        }
        CallContext sending = new CallContext();
        sending.deadline().start(drives ? TIMEOUT_NS : 0);
        log.startCall();
        int from = log.size();
        int[] refused = {0};
        DDictException failure =
                channel.sendAll(sending, puts, (index, cause) -> refused[0]++).await();
        if (failure != null && (drives || !(failure instanceof DDictTimeoutException))) {
            throw failure;
        }
        for (int i = 0; i < keys.size() - refused[0]; i++) {
            history.add(
                    new Posted(
                            link,
                            publication(from, i),
                            puts.position(i),
                            0,
                            Effect.put(keys.get(i), values.get(i), Effect.ANY_VERSION),
                            null));
        }
    }

    // Index of a publication of this call in the log, or -1 if nobody recorded it.
    private int publication(int from, int number) {
        int left = number;
        for (int i = from; i < log.size(); i++) {
            if (isPublication(log.stores().get(i)) && left-- == 0) {
                return i;
            }
        }
        return -1;
    }

    /** Stores if the key has a version, 0 for none; the new version, or 0. */
    void putIf(String key, byte[] value, long version) {
        start(key);
        post(putEffect(key, value, version),
                () -> channel.putIf(call, codec(value), value, version));
    }

    void remove(String key) {
        removeIf(key, Effect.ANY_VERSION);
    }

    void removeIf(String key, long version) {
        start(key);
        Effect effect = rules.hasVersions()
                ? Versions.remove(key, version, checkpoint, rules)
                : Effect.remove(key, version);
        post(effect, () -> channel.removeIf(call, version));
    }

    void getAndAdd(String key, long delta) {
        start(key);
        Effect effect = rules.hasVersions()
                ? Versions.getAndAdd(key, delta, checkpoint, rules)
                : Effect.getAndAdd(key, delta);
        post(effect, () -> channel.getAndAdd(call, delta));
    }

    void clear() {
        start("");
        post(
                rules.hasVersions() ? Versions.clear(checkpoint, rules) : Effect.clear(),
                () -> {
                    channel.clear(call);
                    return null;
                });
    }

    /** Takes a block for a large value and gives it back, as the value turns out not to be writable. */
    void takeAndReturnBlock(String key, int length) {
        start(key);
        log.startCall();
        try {
            channel.put(call, new UnwritableCodec(length), new byte[0], false);
        } catch (ArithmeticException e) {
            // What the codec throws.
        } catch (DDictTimeoutException e) {
            if (drives) {
                throw e;
            }
        }
    }

    /** Waits in vain for a key to have a value. */
    void awaitInVain(String key, byte[] value) {
        start(key);
        log.startCall();
        try {
            call.deadline().start(0);
            channel.awaitValue(call, codec(value), value);
        } catch (DDictTimeoutException e) {
            // As meant.
        }
    }

    /** The value, or null. */
    byte[] get(String key) {
        start(key);
        log.startCall();
        return (byte[]) channel.get(call, READER);
    }

    /** Version of what the last get found. */
    long version() {
        return call.version();
    }

    /** Does something while this client looks at a value in place; the value must not change. */
    void view(String key, Runnable meanwhile) {
        start(key);
        log.startCall();
        boolean same = channel.view(
                call,
                value -> {
                    byte[] before = value.toArray(JAVA_BYTE);
                    meanwhile.run();
                    return value.mismatch(MemorySegment.ofArray(before)) == -1;
                });
        if (!same) {
            throw new AssertionError("a pinned value changed: key=" + key);
        }
    }

    @Override
    public void close() {
        channel.close();
    }

    private void start(String key) {
        CODECS.encodeKey(key, call.key());
        call.hash(
                hash.of(
                        call.key().array(),
                        call.key().offset(),
                        call.key().length(),
                        call.key().tag()));
        call.checkpoint(checkpoint);
        call.deadline().start(drives ? TIMEOUT_NS : 0);
    }

    private void post(Effect effect, Supplier<Object> body) {
        log.startCall();
        int from = log.size();
        long tail = pool.ring().tail();
        Object result = null;
        try {
            result = body.get();
        } catch (DDictTimeoutException e) {
            if (drives) {
                throw e;
            }
        } catch (DDictException e) {
            if (e.status() != DDictException.Status.TYPE) {
                throw e;
            }
        }
        history.add(posted(from, tail, effect, result));
    }

    // A call may also ask for a block, or give back one that came too late: those change nothing.
    private Posted posted(int from, long tail, Effect effect, Object result) {
        List<Store> stores = log.stores().subList(from, log.size());
        for (int i = 0; i < stores.size(); i++) {
            if (isPublication(stores.get(i))) {
                int index = PostingRing.stagingIndex(Bytes.toLong(stores.get(i).bytes()));
                long offset = LinkLayout.STAGING_OFFSET + (long) index * PostingRing.STAGING_UNIT;
                byte kind = (byte) staged(stores.subList(0, i), offset);
                if (kind != Operation.GRANT && kind != Operation.RETURN_BLOCK) {
                    long before =
                            stores.subList(0, i).stream().filter(DrivenClient::fillsSlot).count();
                    long correlation = staged(stores.subList(0, i), offset + 24);
                    return new Posted(link, from + i, tail + before, correlation, effect, result);
                }
            }
        }
        // Nobody recorded it.
        return new Posted(link, -1, pool.ring().tail() - 1, 0, effect, result);
    }

    private long staged(List<Store> stores, long offset) {
        long value = 0;
        for (Store store : stores) {
            if (store.file().equals(PoolFile.LINK.fileName() + link) && store.offset() == offset) {
                value = Bytes.toLong(store.bytes());
            }
        }
        return value;
    }

    /** Whether a store publishes an operation. */
    static boolean isPublication(Store store) {
        return store.actor() != Store.MANAGER && fillsSlot(store);
    }

    /** Whether a store takes a position of the ring, for an operation or a change of the state. */
    static boolean fillsSlot(Store store) {
        return store.order() == Store.Order.COMPARE_AND_SET
                && store.file().equals(PoolFile.RING.fileName())
                && store.offset() >= RING_SLOTS_OFFSET;
    }

    /** Where the ring's slots begin, behind its low position. */
    static final long RING_SLOTS_OFFSET = 256;

    // The channel asks this before and while it waits.
    private boolean letManagerWork() {
        if (drives && pool.ring().tail() > pool.status().applied()) {
            log.turn();
            doWork();
        }
        return false;
    }

    private void doWork() {
        int _ = manager.doWork();
    }

    @SuppressWarnings("unchecked")
    private static Codec<byte[]> codec(byte[] value) {
        return CODECS.forValue(value);
    }

    static byte[] keyBytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private static final ShardChannel.ValueReader READER = new ShardChannel.ValueReader() {
        @Override
        public boolean isRawCopy(byte tag) {
            return true;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return Bytes.copy(source, offset, length);
        }
    };

    /** Fails when it has to write. */
    private record UnwritableCodec(int length) implements Codec<byte[]> {
        @Override
        public byte tag() {
            return 1;
        }

        @Override
        public long prepare(byte[] value, Scratch scratch) {
            return length;
        }

        @Override
        public void write(byte[] value, Scratch scratch, MemorySegment target, long offset) {
            throw new ArithmeticException();
        }

        @Override
        public byte[] read(MemorySegment source, long offset, long length) {
            throw new ArithmeticException();
        }
    }
}
