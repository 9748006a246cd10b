package io.ddict.bench.jmh;

import io.ddict.bench.peers.Keys;
import io.ddict.manager.serving.BatchApplier;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.Operation;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/*
 * One invocation applies a batch that was posted before its clock started, through the ring and a
 * client's staging ring of 1 MiB. Keys of 128 bytes, values of eight; a key comes again only after
 * all others, and the next one never lies beside it, so that with a million keys each operation
 * misses the cache. Posting, whose memory traffic warms the staging ring as it does in life, is not
 * in the figures; its garbage would be.
 */

/** What it costs a manager to apply an operation, with its look ahead and without. One core. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class ApplyBenchmark {
    private static final byte TAG = 1;
    private static final int PAIRS = BatchApplier.BATCH / 2;
    private static final long SEED = 42;

    /** A pool with all keys in it. */
    @State(Scope.Thread)
    public abstract static class Loaded {
        @Param({"10000", "1000000"})
        public int keys;

        @Param({"true", "false"})
        public boolean lookAhead;

        private final KeyHash keyHash = new KeyHash(SEED);
        private final Keys names = new Keys();
        private @Nullable TemporaryFolder folder;
        private @Nullable MemoryPool pool;
        private @Nullable BatchApplier applier;
        private int stride;
        private int key;
        private long value;

        @Setup
        public void setUp() throws IOException {
            folder = TemporaryFolder.create();
            pool = MemoryPool.create(folder.path(), (64L << 20) + keys * 400L, keys, SEED);
            applier = new BatchApplier(pool);
            stride = 1;
            for (int loaded = 0; loaded < keys; loaded += BatchApplier.BATCH) {
                for (int i = loaded; i < Math.min(keys, loaded + BatchApplier.BATCH); i++) {
                    postNext(Operation.PUT);
                }
                applier().apply(true);
            }
            if (pool.entryCount() != keys) {
                throw new IllegalStateException("keys lost: entryCount=" + pool.entryCount());
            }
            stride = strideThroughAll(keys);
        }

        @TearDown
        public void tearDown() throws IOException {
            if (pool != null && folder != null) {
                boolean whole = pool.entryCount() == keys;
                applier().close();
                pool.close();
                folder.close();
                if (!whole) {
                    throw new IllegalStateException("keys lost: keys=" + keys);
                }
            }
        }

        final void postNext(byte kind) {
            key = (int) (((long) key + stride) % keys);
            postSame(kind);
        }

        final void postSame(byte kind) {
            byte[] name = names.of(key);
            long hash = keyHash.of(name, 0, name.length, TAG);
            applier().post(kind, TAG, name, hash, ++value);
        }

        final int apply() {
            return applier().apply(lookAhead);
        }

        final void takeAnswers(int expected) {
            int count = applier().takeAnswers();
            if (count != expected && count != 0) {
                throw new IllegalStateException("answers lost: count=" + count);
            }
        }

        private BatchApplier applier() {
            if (applier == null) {
                throw new IllegalStateException("not set up");
            }
            return applier;
        }

        // The golden ratio's part of all keys, or the next that shares no factor with their number.
        private static int strideThroughAll(int keys) {
            int stride = (int) (keys * 0.618);
            while (gcd(stride, keys) != 1) {
                stride++;
            }
            return stride;
        }

        private static int gcd(int a, int b) {
            return b == 0 ? a : gcd(b, a % b);
        }
    }

    /** Each operation replaces a value. */
    public static class Overwrites extends Loaded {
        @Setup(Level.Invocation)
        public void post() {
            for (int i = 0; i < BatchApplier.BATCH; i++) {
                postNext(Operation.PUT);
            }
        }
    }

    /** Each key is removed and comes back. */
    public static class Replacements extends Loaded {
        @Setup(Level.Invocation)
        public void post() {
            takeAnswers(PAIRS);
            for (int i = 0; i < PAIRS; i++) {
                postNext(Operation.REMOVE);
                postSame(Operation.PUT);
            }
        }
    }

    /** Each operation asks for a key's ordinal. */
    public static class Finds extends Loaded {
        @Setup(Level.Invocation)
        public void post() {
            takeAnswers(BatchApplier.BATCH);
            for (int i = 0; i < BatchApplier.BATCH; i++) {
                postNext(Operation.FIND);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(BatchApplier.BATCH)
    public int overwrite(Overwrites loaded) {
        return loaded.apply();
    }

    @Benchmark
    @OperationsPerInvocation(PAIRS)
    public int removeAndInsert(Replacements loaded) {
        return loaded.apply();
    }

    @Benchmark
    @OperationsPerInvocation(BatchApplier.BATCH)
    public int find(Finds loaded) {
        return loaded.apply();
    }
}
