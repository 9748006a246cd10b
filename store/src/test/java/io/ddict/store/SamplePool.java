package io.ddict.store;

import static io.ddict.store.PoolDriver.value;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.RecordLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A small pool at rest with one of everything, for tests of what reads pools. */
public final class SamplePool {
    /** Length of the values of the keys with the ordinals 1 and 2, whose keys have five bytes. */
    public static final int VALUE_LENGTH = 100;

    /** Ordinal of a record of another size class than those of 1 and 2. */
    public static final int WIDE = 3;

    /** Ordinal of a record in a block. */
    public static final int BLOCK = 4;

    /** Pages of that block, and of another. */
    public static final int BLOCK_PAGES = 10;

    /** Ordinal that had a key and has none. */
    public static final int REMOVED = 6;

    // More than there are ways in the sets that are tried.
    private static final int OF_EQUAL_HASH = HintTable.WAYS * HintTable.SETS_PROBED + 8;

    /** Keys in the pool. */
    public static final int KEYS = 5 + OF_EQUAL_HASH;

    private SamplePool() {}

    /** Makes the pool, and closes it. */
    public static void make(Path directory) throws IOException {
        try (PoolDriver driver = PoolDriver.create(directory, 4 << 20, 500)) {
            driver.put("key-1", value(VALUE_LENGTH, 1));
            driver.put("key-2", value(VALUE_LENGTH, 2));
            driver.put("key-3", value(2900, 3));
            driver.put("key-4", value(40_000, 4));
            driver.put("key-5", value(40_000, 5));
            driver.put("key-6", value(200, 6));
            for (int i = 0; i < OF_EQUAL_HASH; i++) {
                driver.put(PoolDriver.keyOfEqualHash(i), value(10, i));
            }
            driver.put("key-2", value(VALUE_LENGTH, 7));
            driver.remove("key-6");
            driver.memoryPool.publishGauges();
            driver.check();
            assertThat(driver.ordinal("key-4")).isEqualTo(BLOCK);
        }
    }

    /** First of at least eight ordinals whose keys have one hash and no hint; it leads to the last. */
    public static int firstOfChain(MappedPool pool) {
        int ordinal = 1;
        while (pool.entries().next(ordinal) == 0) {
            ordinal++;
        }
        return ordinal;
    }

    /** Hash of the key of an entry. */
    public static long hash(MappedPool pool, int ordinal) {
        long offset = Handle.offset(pool.entries().handle(ordinal));
        byte[] key = new byte[RecordLayout.keyLength(pool.data(), offset)];
        MemorySegment.copy(
                pool.data().readOnlySegment(),
                JAVA_BYTE,
                offset + RecordLayout.HEADER_LENGTH,
                key,
                0,
                key.length);
        return new KeyHash(pool.geometry().hashSeed())
                .of(key, 0, key.length, RecordLayout.keyTag(pool.data(), offset));
    }
}
