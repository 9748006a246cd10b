package io.ddict.bench.jmh;

import io.ddict.bench.peers.Keys;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/*
 * An operation is applied from a staging area of a few thousand operations, as it lies in a client's
 * link; frees are released each 256 operations, as a manager does.
 */

/** What it costs a manager to apply an operation: slab, record, entry, table, hint. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "@.config/node.args")
public class PoolBenchmark {
    private static final byte TAG = 1;
    private static final int VALUE_LENGTH = 8;
    private static final int OPERATION_LENGTH = 192;
    private static final int BATCH_MASK = 255;
    private static final int BLOCK_PAGES = 256;
    private static final long SEED = 42;

    @Param({"10000", "1000000"})
    public int keys;

    private final Arena arena = Arena.ofConfined();
    private final KeyHash keyHash = new KeyHash(SEED);
    private MemoryRegion staging = new MemoryRegion(arena.allocate(OPERATION_LENGTH, 64));
    private Operation operation = new Operation(staging);
    private @Nullable MemoryPool pool;
    private @Nullable Path directory;
    private long position;
    private long stored;
    private int next;

    @Setup
    public void setUp() throws IOException {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "ddict-jmh-");
        pool = MemoryPool.create(directory, (64L << 20) + keys * 400L, keys, SEED);
        staging = new MemoryRegion(arena.allocate((long) keys * OPERATION_LENGTH, 64));
        operation = new Operation(staging);
        Keys names = new Keys();
        for (int key = 0; key < keys; key++) {
            byte[] bytes = names.of(key);
            long hash = keyHash.of(bytes, 0, bytes.length, TAG);
            operation.wrap(staging, (long) key * OPERATION_LENGTH);
            operation.writeHeader(Operation.PUT, (byte) 0, TAG, TAG, bytes.length, hash);
            operation.writeOperands(VALUE_LENGTH, 0, 0, 0);
            staging.copyFrom(operation.keyOffset(), bytes, 0, bytes.length);
            store();
        }
    }

    @TearDown
    public void tearDown() throws IOException {
        pool().close();
        try (Stream<Path> files = directory == null ? Stream.of() : Files.list(directory)) {
            List<Path> all = files.toList();
            for (Path file : all) {
                Files.delete(file);
            }
        }
        if (directory != null) {
            Files.delete(directory);
        }
        arena.close();
    }

    @Benchmark
    public int overwrite() {
        nextKey();
        int ordinal = store();
        if (ordinal == 0) {
            throw new IllegalStateException("key lost: hash=" + operation.hash());
        }
        return ordinal;
    }

    @Benchmark
    public int removeAndInsert() {
        nextKey();
        pool().remove(lookUp(), operation.hash(), position++);
        return store();
    }

    @Benchmark
    public int find() {
        nextKey();
        return lookUp();
    }

    @Benchmark
    public int grantAndFreeBlock() {
        int page = pool().grantBlock(BLOCK_PAGES);
        pool().freeBlock(page, BLOCK_PAGES);
        return page;
    }

    private void nextKey() {
        next = next + 1 == keys ? 0 : next + 1;
        operation.wrap(staging, (long) next * OPERATION_LENGTH);
    }

    private int lookUp() {
        return pool().find(
                operation.hash(), TAG, staging, operation.keyOffset(), operation.keyLength());
    }

    private int store() {
        if ((stored++ & BATCH_MASK) == 0) {
            pool().afterBatch(Long.MAX_VALUE);
            pool().beforeBatch();
        }
        int ordinal = lookUp();
        if (!pool().storeInline(ordinal, operation, staging, position++)) {
            throw new IllegalStateException("no room: entries=" + pool().entryCount());
        }
        return ordinal;
    }

    private MemoryPool pool() {
        if (pool == null) {
            throw new IllegalStateException("not set up");
        }
        return pool;
    }
}
