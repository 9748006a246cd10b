package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts for which link, where clients have a quota: against a model, on a real pool. */
class LinkSharesTest {
    private static final int LINKS = 3;
    private static final byte TAG = 1;
    private static final long SEED = 7;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    private final Map<Integer, MemoryRegion> regions = new HashMap<>();
    private final Map<Long, Written> model = new HashMap<>();
    private MemoryPool pool;
    private long position;

    /** Who wrote a key's record last, 0 for nobody who counts, and what it takes. */
    private record Written(int link, long length) {}

    @BeforeEach
    void createPool() throws IOException {
        PoolGeometry geometry = MemoryPool.geometry(16 << 20, 5_000, SEED, WorkingSet.SINGLE)
                .withLimits(new PoolLimits(0.95, 1 << 20));
        pool = MemoryPool.create(directory, geometry, MemoryRegion::new);
        for (int link = 1; link <= LINKS; link++) {
            regions.put(link, pool.mapped().createLink(link));
            shares().open(link, regions.get(link));
        }
        PoolDriver.awaitReserved(pool);
        pool.holdBack(LINKS);
    }

    @AfterEach
    void checkAndClose() throws IOException {
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.isClean()).as(report.text()).isTrue();
        pool.close();
    }

    private LinkShares shares() {
        return Objects.requireNonNull(pool.shares());
    }

    private Operation operation(int link, long key, long valueLength) {
        MemoryRegion region = regions.get(link);
        Operation operation = new Operation(region).wrap(region, LinkLayout.STAGING_OFFSET);
        operation.writeHeader(Operation.PUT, (byte) 0, TAG, TAG, Long.BYTES, hash(key));
        operation.writeOperands(valueLength, 0, 0, 0);
        region.putLong(operation.keyOffset(), key);
        return operation;
    }

    private static long hash(long key) {
        byte[] bytes = PoolDriver.bytesOf(key);
        return new KeyHash(SEED).of(bytes, 0, bytes.length, TAG);
    }

    private int find(Operation operation) {
        return pool.find(
                operation.hash(), TAG, operation.region(), operation.keyOffset(), Long.BYTES);
    }

    private void put(int link, long key, int valueLength) {
        Operation operation = operation(link, key, valueLength);
        int ordinal = find(operation);
        shares().writtenBy(link);
        if (SizeClasses.isSmall(Long.BYTES, valueLength)) {
            assertThat(pool.storeInline(ordinal, operation, position)).isTrue();
        } else {
            // A page to spare now and then, which is given back.
            int pages = RecordLayout.pages(Long.BYTES, valueLength) + (valueLength & 1);
            int page = pool.grantBlock(pages);
            long start = Handle.offset(Handle.block(page));
            pool.mapped().data().putLong(start + RecordLayout.HEADER_LENGTH, key);
            assertThat(pool.storeBlock(ordinal, operation, page, pages, position)).isTrue();
        }
        model.put(key, new Written(link, RecordLayout.lengthTaken(Long.BYTES, valueLength)));
        endBatch();
    }

    private void remove(int link, long key) {
        Operation operation = operation(link, key, 0);
        int ordinal = find(operation);
        shares().writtenBy(link);
        if (ordinal != 0) {
            pool.remove(ordinal, operation.hash(), position);
        }
        assertThat(model.remove(key) != null).isEqualTo(ordinal != 0);
        endBatch();
    }

    private void endBatch() {
        // What lies in the ring's slots nobody looks at.
        assertThat(pool.mapped().ring().tryPublish(
                PostingRing.LINK_OF_SEAL, 0, PostingRing.TAG_ALL, 0)).isEqualTo(position);
        position++;
        pool.mapped().status().publishApplied(position);
        pool.afterBatch(Long.MAX_VALUE);
        while (pool.isCompactionDue() && pool.compact(position)) {
            pool.afterBatch(Long.MAX_VALUE);
        }
    }

    private void check() {
        for (int link = 1; link <= LINKS; link++) {
            int each = link;
            long expected = model.values().stream()
                    .filter(written -> written.link == each)
                    .mapToLong(Written::length)
                    .sum();
            assertThat(shares().used(link)).as("link %d", link).isEqualTo(expected);
            assertThat(regions.get(link).getLong(LinkLayout.USED_OFFSET)).isEqualTo(expected);
        }
    }

    private void doAny(Random random) {
        int link = 1 + random.nextInt(LINKS);
        long key = random.nextInt(300);
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> remove(link, key);
            case 3 -> put(link, key, 4_089 + random.nextInt(60_000));
            default -> put(link, key, random.nextInt(4_000));
        }
    }

    @Test
    void countsForEachLinkWhatItWroteLastAndIsStillThere() {
        Random random = TestRandom.random();
        for (int i = 0; i < 20_000; i++) {
            doAny(random);
            if (i % 50 == 0) {
                check();
            }
            if (i % 4_000 == 3_999) {
                assertThat(pool.clear(0, position)).isTrue();
                model.clear();
                endBatch();
                check();
            }
        }
        check();
    }

    @Test
    void countsForNobodyWhatALinkWroteThatHasEnded() {
        Random random = TestRandom.random();
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < 100; i++) {
                doAny(random);
            }
            check();
            // The next one gets the same id, and nothing of what the former wrote.
            int ended = 1 + random.nextInt(LINKS);
            shares().close(ended);
            model.replaceAll((key, written) -> written.link == ended
                    ? new Written(LinkShares.NOBODY, written.length)
                    : written);
            shares().open(ended, regions.get(ended));
            check();
        }
    }

    @Test
    void tellsWhatALinkWouldGetBack() {
        put(1, 5, 1_000);
        put(2, 6, 9_000);
        int small = find(operation(1, 5, 0));
        int large = find(operation(1, 6, 0));
        assertThat(shares().lengthOf(small, 1)).isEqualTo(1_152);
        assertThat(shares().lengthOf(small, 2)).isZero();
        assertThat(shares().lengthOf(large, 2)).isEqualTo(3 * 4_096);
        shares().close(2);
        shares().open(2, regions.get(2));
        assertThat(shares().lengthOf(large, 2)).isZero();
    }

    @Test
    void beginsAnewWithEachOwner() throws IOException {
        Random random = TestRandom.random();
        for (int i = 0; i < 300; i++) {
            doAny(random);
        }
        pool.close();
        pool = PoolRecovery.recover(directory);
        pool.holdBack(LINKS);
        for (int link = 1; link <= LINKS; link++) {
            regions.put(link, pool.mapped().openLink(link));
            shares().open(link, regions.get(link));
        }
        model.replaceAll((key, written) -> new Written(LinkShares.NOBODY, written.length));
        check();
        for (int i = 0; i < 1_000; i++) {
            doAny(random);
        }
        check();
    }

    @Test
    void countsNothingWithoutAQuota() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        try (MemoryPool without = MemoryPool.create(other, 4 << 20, 100, 7)) {
            assertThat(without.shares()).isNull();
        }
    }
}
