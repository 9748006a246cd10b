package io.ddict.bench.gups;

import com.sun.management.ThreadMXBean;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Shape;
import io.ddict.bench.peers.Store;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/*
 * The loops of a client. What they measure and what not:
 *
 * Throughput rounds call no clock in the inner loops: an inner loop does one batch of operations of
 * one kind, the outer one looks at the clock. Each kind has an inner loop of its own, so that the
 * compiler sees one call of the store in each. Making key and value and looking at the stamps is
 * inside the measured time; it is the same for all stores, and the driver prints what it costs.
 *
 * A batch of pairs counts as so many operations in a throughput round, and as one in a latency round.
 *
 * Latency rounds read the clock before and after each operation; key, value and check lie outside.
 * With a rate, operations are due at fixed times, and one that starts late because earlier ones took
 * long is charged with the delay, so that a stall counts for every operation that it held up.
 */

/** One client's share of the workload, on one store. One thread. */
public final class Kernel {
    /** Longest latency that is told apart. */
    public static final long LATENCY_NS_MAX = 60_000_000_000L;

    private static final int LATENCY_DIGITS = 3;
    // Between two looks at the clock: about 20 us of small operations, one large one.
    private static final int BATCH_OPS_MAX = 128;
    private static final int BATCH_LENGTH = 1 << 18;
    // The kernel wakes a thread up to 50 us, and a little, after its time.
    private static final long TIMER_SLACK_NS = 70_000;
    private static final long PARK_NS_MIN = 80_000;
    // Values of the hot set stay in a core's second-level cache, with their keys and entries.
    private static final long HOT_LENGTH = 256 << 10;
    private static final int HOT_KEYS_MAX = 1024;
    private static final int HOT_KEYS_MIN = 4;
    private static final double GOLDEN_SECTION = 0.618_033_988_75;
    private static final long RANDOM_STEP = 0x9E37_79B9_7F4A_7C15L;
    private static final int RANDOM_BITS = 32;
    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final CompilationMXBean COMPILERS = ManagementFactory.getCompilationMXBean();

    private final Store store;
    private final Keys keys = new Keys();
    private final Values values;
    private final byte[] buffer;
    private final long keysMax;
    private final long ownFirst;
    private final int[] ownVersions;
    private final int ownStride;
    private final int hotKeys;
    private final int batchOps;
    private final Histogram latenciesNs = new Histogram(LATENCY_NS_MAX, LATENCY_DIGITS);
    private int inserted;
    private int ownCursor;
    private int hotCursor;
    private long randomState;
    private @Nullable PairBatch pairBatch;

    /**
     * Takes its share of the keys.
     *
     * @param client its number, from 0
     */
    public Kernel(Store store, Shape shape, int client) {
        int ownKeys = Math.toIntExact(shape.keysMax() / shape.clients());
        this.store = store;
        this.values = new Values(shape.valueLength());
        this.buffer = new byte[shape.valueLength()];
        this.keysMax = (long) ownKeys * shape.clients();
        this.ownFirst = (long) ownKeys * client;
        this.ownVersions = new int[ownKeys];
        this.ownStride = coprimeNear(ownKeys * GOLDEN_SECTION, ownKeys);
        this.hotKeys = (int) Math.min(
                keysMax,
                Math.clamp(
                        HOT_LENGTH / (Keys.LENGTH + shape.valueLength()),
                        HOT_KEYS_MIN,
                        HOT_KEYS_MAX));
        this.batchOps = Math.clamp(BATCH_LENGTH / shape.valueLength(), 1, BATCH_OPS_MAX);
        this.randomState = client;
    }

    /** Removes every key, of all clients; the others must do nothing meanwhile. */
    public void clear() {
        store.clear();
        store.awaitApplied();
    }

    /**
     * Runs a phase for a while.
     *
     * @param startNs when to start, as {@link System#nanoTime} says it; spins until then
     * @param durationNs time after which it stops; INSERT stops when its keys are all there, and
     *     with 0 not before
     * @param opsMin operations that it does even if they take longer; INSERT takes no notice
     */
    public Outcome run(Phase phase, long startNs, long durationNs, long opsMin) {
        inserted = 0;
        long compilationBeforeNs = compilationNs();
        long deadlineNs = startNs + durationNs;
        spinUntil(startNs);
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        long ops = 0;
        do {
            ops += batch(phase, batchOps);
        } while (phase == Phase.INSERT
                ? inserted < ownVersions.length && (durationNs == 0 || isBefore(deadlineNs))
                : ops < opsMin || isBefore(deadlineNs));
        if (phase.writes()) {
            store.awaitApplied();
        }
        long endNs = System.nanoTime();
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        long compilationNs = compilationNs() - compilationBeforeNs;
        return new Outcome(ops, startNs, endNs, allocated, compilationNs, null);
    }

    /**
     * Runs a phase for a while and times every operation.
     *
     * @param opsPerSecond when operations are due; 0 starts each when the one before has ended
     */
    public Outcome runTimed(Phase phase, long startNs, long durationNs, double opsPerSecond) {
        latenciesNs.reset();
        long compilationBeforeNs = compilationNs();
        long intervalPs = opsPerSecond == 0 ? 0 : (long) (1e12 / opsPerSecond);
        spinUntil(startNs);
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        long deadlineNs = startNs + durationNs;
        long ops = 0;
        long nowNs = System.nanoTime();
        while (nowNs - deadlineNs < 0) {
            long lateNs = intervalPs == 0 ? 0 : awaitTurn(startNs + ops * intervalPs / 1000);
            long latencyNs = timed(phase) + lateNs;
            latenciesNs.recordValue(Math.min(latencyNs, LATENCY_NS_MAX));
            ops++;
            nowNs = System.nanoTime();
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        if (phase.writes()) {
            store.awaitApplied();
        }
        long compilationNs = compilationNs() - compilationBeforeNs;
        return new Outcome(ops, startNs, nowNs, allocated, compilationNs, latenciesNs);
    }

    /** Compares every byte of its own keys' values with what it wrote last; returns how many. */
    public long verify() {
        for (int i = 0; i < ownVersions.length; i++) {
            int length = store.get(keys.of(ownFirst + i), buffer);
            values.checkAll(ownFirst + i, ownVersions[i], buffer, length);
        }
        return ownVersions.length;
    }

    /** What the loops themselves cost, in nanoseconds for each operation: keys, values and stamps. */
    public double overheadNs() {
        long startNs = System.nanoTime();
        long ops = 0;
        do {
            for (int i = 0; i < batchOps; i++) {
                long index = random();
                byte[] key = keys.of(index);
                values.check(Keys.index(key), values.of(index, i), buffer.length);
            }
            ops += batchOps;
        } while (System.nanoTime() - startNs < 50_000_000);
        return (double) (System.nanoTime() - startNs) / ops;
    }

    private static long compilationNs() {
        return TimeUnit.MILLISECONDS.toNanos(COMPILERS.getTotalCompilationTime());
    }

    private static boolean isBefore(long deadlineNs) {
        return System.nanoTime() - deadlineNs < 0;
    }

    private long batch(Phase phase, int count) {
        switch (phase) {
            case INSERT -> {
                return insert(count);
            }
            case OVERWRITE -> overwrite(count);
            case BATCH_PUT -> {
                return batchPut(count);
            }
            case GET_HOT -> getHot(count);
            case GET_RANDOM -> getRandom(count);
            case INTO_HOT -> intoHot(count);
            case INTO_RANDOM, FROZEN_GET -> intoRandom(count);
            case VIEW_HOT -> viewHot(count);
            case VIEW_RANDOM -> viewRandom(count);
            case FROZEN_VIEW_HOT -> viewFrozenHot(count);
            case FROZEN_VIEW -> viewFrozen(count);
            case PUT_GET -> putGet(count);
        }
        return count;
    }

    private int insert(int count) {
        int end = Math.min(inserted + count, ownVersions.length);
        int done = end - inserted;
        for (; inserted < end; inserted++) {
            long index = ownFirst + inserted;
            store.put(keys.of(index), values.of(index, nextVersion(inserted)));
        }
        return done;
    }

    private void overwrite(int count) {
        for (int i = 0; i < count; i++) {
            int own = nextOwn();
            long index = ownFirst + own;
            store.put(keys.of(index), values.of(index, nextVersion(own)));
        }
    }

    private int batchPut(int count) {
        PairBatch batch = pairBatch();
        int done = 0;
        do {
            fill(batch);
            batch.putTo(store);
            done += batch.pairs();
        } while (done < count);
        return done;
    }

    private void fill(PairBatch batch) {
        for (int i = 0; i < batch.pairs(); i++) {
            int own = nextOwn();
            batch.set(i, ownFirst + own, nextVersion(own));
        }
    }

    // Only for whom it is measured: it has as many arrays as pairs.
    private PairBatch pairBatch() {
        if (pairBatch == null) {
            pairBatch = new PairBatch(buffer.length, ownVersions.length);
        }
        return pairBatch;
    }

    private void getHot(int count) {
        for (int i = 0; i < count; i++) {
            checkGot(nextHot());
        }
    }

    private void getRandom(int count) {
        for (int i = 0; i < count; i++) {
            checkGot(random());
        }
    }

    private void checkGot(long index) {
        byte[] value = store.get(keys.of(index));
        if (value == null) {
            throw new WrongContentException("key absent: key=" + index);
        }
        values.check(index, value, value.length);
    }

    private void intoHot(int count) {
        for (int i = 0; i < count; i++) {
            long index = nextHot();
            values.check(index, buffer, store.get(keys.of(index), buffer));
        }
    }

    private void intoRandom(int count) {
        for (int i = 0; i < count; i++) {
            long index = random();
            values.check(index, buffer, store.get(keys.of(index), buffer));
        }
    }

    private void viewHot(int count) {
        for (int i = 0; i < count; i++) {
            long index = nextHot();
            values.checkStamp(index, store.view(keys.of(index)));
        }
    }

    private void viewRandom(int count) {
        for (int i = 0; i < count; i++) {
            long index = random();
            values.checkStamp(index, store.view(keys.of(index)));
        }
    }

    private void viewFrozenHot(int count) {
        for (int i = 0; i < count; i++) {
            long index = nextHot();
            values.checkStamp(index, store.viewFrozen(keys.of(index)));
        }
    }

    private void viewFrozen(int count) {
        for (int i = 0; i < count; i++) {
            long index = random();
            values.checkStamp(index, store.viewFrozen(keys.of(index)));
        }
    }

    private void putGet(int count) {
        for (int i = 0; i < count; i++) {
            timedPutGet(nextOwn());
        }
    }

    private long timed(Phase phase) {
        return switch (phase) {
            case INSERT -> throw new IllegalArgumentException("inserts are not timed one by one");
            case OVERWRITE -> timedPut(nextOwn());
            case BATCH_PUT -> timedBatchPut();
            case GET_HOT -> timedGet(nextHot());
            case GET_RANDOM -> timedGet(random());
            case INTO_HOT -> timedInto(nextHot());
            case INTO_RANDOM, FROZEN_GET -> timedInto(random());
            case VIEW_HOT -> timedView(nextHot());
            case VIEW_RANDOM -> timedView(random());
            case FROZEN_VIEW_HOT -> timedViewFrozen(nextHot());
            case FROZEN_VIEW -> timedViewFrozen(random());
            case PUT_GET -> timedPutGet(nextOwn());
        };
    }

    private long timedPut(int own) {
        long index = ownFirst + own;
        byte[] key = keys.of(index);
        byte[] value = values.of(index, nextVersion(own));
        long startNs = System.nanoTime();
        store.put(key, value);
        return System.nanoTime() - startNs;
    }

    private long timedBatchPut() {
        PairBatch batch = pairBatch();
        fill(batch);
        long startNs = System.nanoTime();
        batch.putTo(store);
        return System.nanoTime() - startNs;
    }

    private long timedGet(long index) {
        byte[] key = keys.of(index);
        long startNs = System.nanoTime();
        byte[] value = store.get(key);
        long latencyNs = System.nanoTime() - startNs;
        if (value == null) {
            throw new WrongContentException("key absent: key=" + index);
        }
        values.check(index, value, value.length);
        return latencyNs;
    }

    private long timedInto(long index) {
        byte[] key = keys.of(index);
        long startNs = System.nanoTime();
        int length = store.get(key, buffer);
        long latencyNs = System.nanoTime() - startNs;
        values.check(index, buffer, length);
        return latencyNs;
    }

    private long timedView(long index) {
        byte[] key = keys.of(index);
        long startNs = System.nanoTime();
        long stamp = store.view(key);
        long latencyNs = System.nanoTime() - startNs;
        values.checkStamp(index, stamp);
        return latencyNs;
    }

    private long timedViewFrozen(long index) {
        byte[] key = keys.of(index);
        long startNs = System.nanoTime();
        long stamp = store.viewFrozen(key);
        long latencyNs = System.nanoTime() - startNs;
        values.checkStamp(index, stamp);
        return latencyNs;
    }

    private long timedPutGet(int own) {
        long index = ownFirst + own;
        byte[] key = keys.of(index);
        byte[] value = values.of(index, nextVersion(own));
        long startNs = System.nanoTime();
        store.put(key, value);
        int length = store.get(key, buffer);
        long latencyNs = System.nanoTime() - startNs;
        // Its own write, and no earlier one.
        values.checkAll(index, ownVersions[own], buffer, length);
        return latencyNs;
    }

    private int nextVersion(int own) {
        int version = ownVersions[own] + 1 & Values.VERSION_MASK;
        ownVersions[own] = version;
        return version;
    }

    private int nextOwn() {
        int own = ownCursor;
        int next = own + ownStride;
        ownCursor = next >= ownVersions.length || next < 0 ? next - ownVersions.length : next;
        return own;
    }

    private long nextHot() {
        int hot = hotCursor;
        hotCursor = hot + 1 == hotKeys ? 0 : hot + 1;
        return hot;
    }

    // Steele and Vigna's SplitMix64; its upper half scaled to the number of keys.
    private long random() {
        randomState += RANDOM_STEP;
        long mixed = (randomState ^ randomState >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D0_49BB_1331_11EBL;
        return ((mixed ^ mixed >>> 31) >>> RANDOM_BITS) * keysMax >>> RANDOM_BITS;
    }

    /** Returns by how much its turn has passed already. */
    private static long awaitTurn(long dueNs) {
        long nowNs = System.nanoTime();
        if (nowNs - dueNs >= 0) {
            return nowNs - dueNs;
        }
        // A client that waits leaves the core to whoever applies its puts; if it wakes up too late,
        // that is no store's delay.
        if (dueNs - nowNs > PARK_NS_MIN) {
            LockSupport.parkNanos(dueNs - nowNs - TIMER_SLACK_NS);
        }
        spinUntil(dueNs);
        return 0;
    }

    private static void spinUntil(long timeNs) {
        while (System.nanoTime() - timeNs < 0) {
            Thread.onSpinWait();
        }
    }

    private static int coprimeNear(double wanted, int count) {
        int stride = Math.max(1, (int) wanted);
        while (greatestCommonDivisor(stride, count) != 1) {
            stride++;
        }
        return stride;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
