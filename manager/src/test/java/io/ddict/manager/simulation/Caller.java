package io.ddict.manager.simulation;

import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.manager.simulation.KeyModel.Read;
import io.ddict.manager.simulation.KeyModel.Value;
import io.ddict.manager.simulation.SimulatedProcess.Attached;
import io.ddict.store.pool.KeyHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** A thread of a client: calls on its own keys and on those of others, and what they may return. */
final class Caller {
    private static final Codecs CODECS = Codecs.standard();
    private static final int CALLS_MAX = 26;
    private static final int KEYS = 3;
    private static final int BUFFER_LENGTH = 700_000;
    private static final long[] TIMEOUTS_NS =
            {5_000_000, 100_000_000, 2_000_000_000, 5_000_000_000L};
    private static final long HEALED_TIMEOUT_NS = 5_000_000_000L;
    private static final Value NOBODYS = new Value(new byte[]{-1, -1, -1, -1, -1});
    private static final ValueReader VALUES = new ValueReader() {
        @Override
        public boolean isRawCopy(byte tag) {
            return true;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return source.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
        }
    };

    private static final ValueReader KEY_NAMES = new ValueReader() {
        @Override
        public boolean isRawCopy(byte tag) {
            return false;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return CODECS.decodeKey(tag, source, offset, (int) length);
        }
    };
    private static final String SCAN = "scan";

    private final Simulator simulator;
    private final SplittableRandom random;
    private final Dataset dataset;
    private final SimulatedProcess process;
    private final int firstKey;
    private final String counter;
    private final CallContext context = new CallContext();
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_LENGTH);
    private long timeoutNs;
    // Of the counter: which additions have happened, and which may have.
    private long added;
    private long perhapsAdded;
    private int additions;
    private int counterEpoch;

    Caller(Simulator simulator, Dataset dataset, SimulatedProcess process) {
        this.simulator = simulator;
        this.random = simulator.random();
        this.dataset = dataset;
        this.process = process;
        this.firstKey = dataset.count();
        for (int index = 0; index < KEYS; index++) {
            int _ = dataset.add("key-" + dataset.count());
        }
        this.counter = "counter-" + firstKey;
    }

    /** How a call ended. */
    private enum Ending {
        DONE, REFUSED, UNKNOWN
    }

    /** A call by a channel. */
    private interface Body {
        void run(Attached by);
    }

    void makeCalls() {
        for (int left = random.nextInt(CALLS_MAX); left > 0; left--) {
            timeoutNs = TIMEOUTS_NS[random.nextInt(TIMEOUTS_NS.length)];
            makeCall();
            simulator.sleep(random.nextLong(random.nextInt(4) == 0 ? 40_000_000 : 2_000_000));
        }
    }

    private void makeCall() {
        int own = firstKey + random.nextInt(KEYS);
        switch (random.nextInt(17)) {
            case 0, 1, 2 -> put(own);
            case 3 -> putAll();
            case 4 -> putIfAbsent(own);
            case 5 -> compareAndSet(own);
            case 6 -> remove(own);
            case 7, 8 -> add();
            case 9 -> contains(own);
            case 10 -> valueEquals(own);
            case 11 -> awaitInVain(own);
            case 13 -> scan();
            case 12 -> getIntoBuffer(random.nextInt(dataset.count()));
            default -> get(random.nextInt(dataset.count()));
        }
    }

    private Ending call(String kind, Body body) {
        int startEpoch = dataset.epoch();
        Ending ending = Ending.UNKNOWN;
        Attached by = null;
        try {
            by = process.attached();
            run(kind, body, by);
            ending = Ending.DONE;
        } catch (DDictFullException e) {
            ending = Ending.REFUSED;
        } catch (ManagerLostException e) {
            if (by != null) {
                boolean isTold = simulator.missing() != Guard.LOSS || by.epoch() != startEpoch;
                ending = isTold ? Ending.UNKNOWN : Ending.DONE;
                process.isLost(by, e);
            }
        } catch (DDictTimeoutException e) {
            simulator.count("timeouts");
        }
        if (ending == Ending.DONE && by != null && by.epoch() != startEpoch
                && startEpoch == dataset.epoch()) {
            simulator.fail("a handle of another service was served: call=" + kind);
        }
        simulator.count("calls");
        simulator.count(ending.name());
        simulator.log(kind, firstKey, ending.ordinal());
        return ending;
    }

    private void run(String kind, Body body, Attached by) {
        long startNs = simulator.nowNs();
        try {
            body.run(by);
        } finally {
            if (!kind.equals(SCAN)) {
                simulator.checkEnd(kind, startNs, timeoutNs);
            }
        }
    }

    private CallContext on(Attached by, String key) {
        context.begin();
        context.deadline().start(timeoutNs);
        context.checkpoint(0);
        CODECS.encodeKey(key, context.key());
        context.hash(new KeyHash(by.channel().hashSeed()).of(
                context.key().array(), context.key().offset(), context.key().length(),
                context.key().tag()));
        return context;
    }

    private static Codec<byte[]> codec(Value value) {
        return CODECS.forValue(value.bytes);
    }

    private void put(int key) {
        Value value = dataset.value(random, BUFFER_LENGTH);
        write("put", key, value, by -> by.channel().put(
                on(by, dataset.name(key)), codec(value), value.bytes, false));
    }

    private void write(String kind, int key, Value value, Body body) {
        KeyModel[] model = new KeyModel[1];
        Ending ending = call(kind, by -> {
            model[0] = dataset.model(key);
            model[0].beginWrite(value);
            body.run(by);
        });
        if (model[0] != null) {
            end(model[0], ending);
        }
    }

    private static void end(KeyModel model, Ending ending) {
        switch (ending) {
            case DONE -> model.written();
            case REFUSED -> model.refused();
            default -> model.notKnown();
        }
    }

    private void get(int key) {
        read("get", key, by -> (byte[]) by.channel().get(on(by, dataset.name(key)), VALUES));
    }

    private void getIntoBuffer(int key) {
        read("get-into-buffer", key, by -> {
            long length = by.channel().get(on(by, dataset.name(key)), buffer);
            return length < 0 ? null : buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        });
    }

    private interface Reading {
        byte[] run(Attached by);
    }

    private Ending read(String kind, int key, Reading reading) {
        return call(kind, by -> {
            KeyModel model = dataset.model(key);
            Read read = model.beginRead();
            try {
                byte[] shown = reading.run(by);
                if (!read.mayShow(shown)) {
                    fail(kind, key, "shown=" + text(shown));
                } else if (isOwn(key)) {
                    model.isRead(shown);
                }
            } finally {
                model.endRead(read);
            }
        });
    }

    private boolean isOwn(int key) {
        return key >= firstKey && key < firstKey + KEYS;
    }

    private static String text(byte[] bytes) {
        return bytes == null
                ? "nothing"
                : bytes.length + "B of hash " + java.util.Arrays.hashCode(bytes);
    }

    private void fail(String kind, int key, String what) {
        simulator.fail(
                "a call returned what it may not: call=" + kind + ", key=" + dataset.name(key)
                        + ", " + what);
    }

    private void putIfAbsent(int key) {
        conditional("put-if-absent", key, dataset.value(random, BUFFER_LENGTH), (by, value) -> by
                .channel()
                .putIf(
                        on(by, dataset.name(key)), codec(value), value.bytes,
                        ShardChannel.ABSENT_VERSION)
                > 0,
                Read::mayBeAbsent, Read::mayBePresent);
    }

    private void remove(int key) {
        conditional("remove", key, KeyModel.ABSENT, (by, value) -> by.channel().removeIf(
                on(by, dataset.name(key)), ShardChannel.ANY_VERSION),
                Read::mayBePresent, Read::mayBeAbsent);
    }

    // On condition of the version that was read: nobody else writes, but what is not known yet may come.
    private void compareAndSet(int key) {
        long[] version = new long[1];
        KeyModel[] seen = new KeyModel[1];
        Ending ending = read("get-version", key, by -> {
            byte[] shown = (byte[]) by.channel().get(on(by, dataset.name(key)), VALUES);
            version[0] = context.version();
            seen[0] = dataset.model(key);
            return shown;
        });
        if (ending == Ending.DONE && dataset.model(key).equals(seen[0])) {
            boolean isKnown = seen[0].isKnown();
            conditional("compare-and-set", key, dataset.value(random, BUFFER_LENGTH),
                    (by, value) -> by.channel().putIf(
                            on(by, dataset.name(key)), codec(value), value.bytes,
                            version[0]) > 0,
                    read -> true, read -> !isKnown || !seen[0].equals(dataset.model(key)));
        }
    }

    private interface Condition {
        boolean isMet(Attached by, Value value);
    }

    private interface Admission {
        boolean isAdmissible(Read read);
    }

    private void conditional(
            String kind, int key, Value value, Condition condition, Admission ifMet,
            Admission ifNot) {
        KeyModel[] model = new KeyModel[1];
        boolean[] met = new boolean[1];
        Ending ending = call(kind, by -> {
            model[0] = dataset.model(key);
            Read before = model[0].beginRead();
            model[0].endRead(before);
            model[0].beginWrite(value);
            met[0] = condition.isMet(by, value);
            if (!(met[0] ? ifMet : ifNot).isAdmissible(before)) {
                fail(kind, key, "met=" + met[0]);
            }
        });
        if (model[0] != null) {
            end(model[0], ending == Ending.DONE && !met[0] ? Ending.REFUSED : ending);
        }
    }

    private void contains(int key) {
        boolean[] present = new boolean[1];
        Ending _ = call("contains", by -> {
            Read read = dataset.model(key).beginRead();
            dataset.model(key).endRead(read);
            present[0] = by.channel().contains(on(by, dataset.name(key)));
            if (!(present[0] ? read.mayBePresent() : read.mayBeAbsent())) {
                fail("contains", key, "present=" + present[0]);
            }
        });
    }

    private void valueEquals(int key) {
        Ending _ = call("value-equals", by -> {
            KeyModel model = dataset.model(key);
            Value value = model.current().isAbsent() ? NOBODYS : model.current();
            Read read = model.beginRead();
            model.endRead(read);
            boolean same = by.channel().valueEquals(
                    on(by, dataset.name(key)), codec(value), value.bytes);
            boolean may = same
                    ? read.mayShow(value.bytes)
                    : read.count() > 1 || !read.mayShow(value.bytes);
            if (!may) {
                fail("value-equals", key, "same=" + same);
            }
        });
    }

    private void awaitInVain(int key) {
        boolean isInterrupted = random.nextInt(3) == 0;
        timeoutNs = isInterrupted ? timeoutNs : Math.min(timeoutNs, 20_000_000);
        Thread thread = Thread.currentThread();
        Simulator.Event interrupt = simulator.after(
                isInterrupted ? random.nextLong(5_000_000) : Long.MAX_VALUE / 2, thread::interrupt);
        Ending ending = call("await", by -> {
            CallContext call = on(by, dataset.name(key));
            call.deadline().waitForOthers();
            by.channel().awaitValue(call, codec(NOBODYS), NOBODYS.bytes);
        });
        interrupt.cancel();
        if (Thread.interrupted()) {
            simulator.count("interrupts");
        }
        if (ending == Ending.DONE) {
            fail("await", key, "nobody has written that");
        }
    }

    // Each page and each long value is a call with a time of its own.
    private void scan() {
        Ending _ = call(SCAN, by -> {
            Map<String, Read> reads = new TreeMap<>();
            Map<Read, KeyModel> models = new HashMap<>();
            for (int key = 0; key < dataset.count(); key++) {
                Read read = dataset.model(key).beginRead();
                reads.put(dataset.name(key), read);
                models.put(read, dataset.model(key));
            }
            try {
                scan(by, reads);
            } finally {
                models.forEach((read, model) -> model.endRead(read));
            }
        });
    }

    private void scan(Attached by, Map<String, Read> reads) {
        context.begin();
        context.deadline().start(timeoutNs);
        context.checkpoint(0);
        ShardCursor cursor = by.channel().cursor(context);
        Map<String, Read> unseen = new TreeMap<>(reads);
        while (cursor.next(KEY_NAMES, VALUES)) {
            String name = String.valueOf(cursor.key());
            Read read = unseen.remove(name);
            if (name.startsWith("key")
                    && (read == null || !read.mayShow((byte[]) cursor.value()))) {
                simulator.fail("an iteration showed what it may not: key=" + name);
            }
        }
        // One that is removed and put again is another record.
        unseen.forEach((name, read) -> {
            if (!read.mayBeAbsent() && read.count() == 1) {
                simulator.fail("an iteration left out what is there: key=" + name);
            }
        });
    }

    private void add() {
        long bit = 1L << additions++;
        long[] before = new long[1];
        int[] epoch = {-1};
        Ending ending = call("add", by -> {
            epoch[0] = dataset.epoch();
            beginAdding(epoch[0]);
            perhapsAdded |= bit;
            before[0] = by.channel().getAndAdd(on(by, counter), bit);
        });
        if (epoch[0] != dataset.epoch()) {
            return;
        }
        if (ending == Ending.DONE) {
            boolean isAll = (before[0] & added) == added;
            if (!isAll || (before[0] & ~(added | perhapsAdded)) != 0 || (before[0] & bit) != 0) {
                simulator.fail(
                        "a counter is wrong: before=" + before[0] + ", added=" + added
                                + ", perhapsAdded=" + perhapsAdded);
            }
            added |= before[0] | bit;
            perhapsAdded &= ~added;
        } else if (ending == Ending.REFUSED) {
            perhapsAdded &= ~bit;
        }
    }

    private void beginAdding(int epoch) {
        if (epoch != counterEpoch) {
            counterEpoch = epoch;
            added = 0;
            perhapsAdded = 0;
        }
    }

    private void putAll() {
        List<Integer> keys = new ArrayList<>();
        List<Value> values = new ArrayList<>();
        for (int index = 0; index < KEYS; index++) {
            keys.add(firstKey + index);
            values.add(dataset.value(random, 3_000));
        }
        KeyModel[] models = new KeyModel[KEYS];
        Ending[] endings = new Ending[KEYS];
        Ending ending = call("put-all", by -> {
            CollectedPuts puts = new CollectedPuts();
            for (int index = 0; index < KEYS; index++) {
                CallContext each = on(by, dataset.name(keys.get(index)));
                Codec<byte[]> codec = codec(values.get(index));
                byte[] bytes = values.get(index).bytes;
                puts.add(each, codec, bytes, codec.prepare(bytes, each.scratch()));
                models[index] = dataset.model(keys.get(index));
                models[index].beginWrite(values.get(index));
            }
            post(by, puts, endings);
        });
        for (int index = 0; index < KEYS; index++) {
            if (models[index] != null) {
                end(models[index], endings[index] == null ? ending : endings[index]);
            }
        }
    }

    private void post(Attached by, CollectedPuts puts, Ending[] endings) {
        CallContext sending = new CallContext();
        sending.begin();
        sending.deadline().start(timeoutNs);
        DDictException rest = by.channel().sendAll(sending, puts, (index, cause) -> endings[index] =
                cause instanceof DDictFullException ? Ending.REFUSED : Ending.UNKNOWN).await();
        if (rest != null) {
            throw rest;
        }
    }

    /** Reads all keys, as long as it takes. */
    void readAll() {
        timeoutNs = HEALED_TIMEOUT_NS;
        for (int key = 0; key < dataset.count(); key++) {
            int each = key;
            while (read("read-all", each, by -> (byte[]) by.channel().get(
                    on(by, dataset.name(each)), VALUES)) != Ending.DONE) {
                simulator.count("retries");
            }
        }
    }

    /** Removes all keys, as long as it takes. */
    void clear() {
        while (call("clear", by -> {
            context.begin();
            context.deadline().start(timeoutNs);
            by.channel().clear(context);
        }) != Ending.DONE) {
            simulator.count("retries");
        }
    }
}
