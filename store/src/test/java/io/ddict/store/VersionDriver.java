package io.ddict.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.VersionArray;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A manager of a pool with several checkpoints, without ring and clients: operations come from a list,
 * in the order of their positions, and a model says what each checkpoint must see.
 */
final class VersionDriver implements AutoCloseable {
    private static final int LINK = 3;
    private static final int PRUNE_LIMIT = 7;

    private final WorkingSet rules;
    private final MemoryPool pool;
    private final MappedPool client;
    private final MemoryRegion link;
    private final List<Step> steps;
    private final KeyHash keyHash = new KeyHash(PoolDriver.SEED);

    /** An operation: a value to put, or none to remove the key. */
    record Step(String key, long checkpoint, Optional<byte[]> value, boolean persistent) {}

    private VersionDriver(MemoryPool pool, List<Step> steps, MemoryRegion link) {
        this.pool = pool;
        this.rules = pool.mapped().geometry().workingSet();
        this.steps = steps;
        this.link = link;
        this.client = MappedPool.openAsClient(pool.mapped().directory());
    }

    static VersionDriver create(
            Path directory, WorkingSet rules, Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        PoolGeometry geometry = MemoryPool.geometry(4 << 20, 600, PoolDriver.SEED, rules)
                .withLimits(new PoolLimits(PoolLimits.FULL_THRESHOLD_DEFAULT, 1 << 20));
        MemoryPool pool = MemoryPool.create(directory, geometry, regions);
        return new VersionDriver(pool, new ArrayList<>(), pool.mapped().createLink(LINK));
    }

    /** Ends this owner without a word, and lets the next one take over. */
    VersionDriver recover() throws IOException {
        close();
        MemoryPool next = PoolRecovery.recover(pool.mapped().directory());
        VersionDriver driver = new VersionDriver(next, steps, next.mapped().openLink(LINK));
        driver.seal();
        return driver;
    }

    @Override
    public void close() {
        client.close();
        pool.close();
    }

    MemoryPool pool() {
        return pool;
    }

    void post(String key, long checkpoint, byte[] value) {
        steps.add(new Step(key, checkpoint, Optional.of(value), false));
    }

    void postPersistent(String key, long checkpoint, byte[] value) {
        steps.add(new Step(key, checkpoint, Optional.of(value), true));
    }

    void postRemove(String key, long checkpoint) {
        steps.add(new Step(key, checkpoint, Optional.empty(), false));
    }

    /** Applies everything posted, each operation a batch of its own. */
    void drain() {
        for (long position = applied(); position < steps.size(); position++) {
            pool.beforeBatch();
            takeSlot(position);
            apply(steps.get((int) position), position);
            seal();
            endBatch(position + 1);
        }
    }

    // The ring's positions are those of the steps; what lies in its slots nobody looks at.
    private void takeSlot(long position) {
        PostingRing ring = pool.mapped().ring();
        if (!ring.isFilled(position)) {
            assertThat(ring.tryPublish(PostingRing.LINK_OF_SEAL, 0, PostingRing.TAG_ALL, 0))
                    .isEqualTo(position);
        }
    }

    private void seal() {
        if (pool.checkpoints().isSealDue() && applied() > 0) {
            // Nothing is posted that could come late: as if the SEAL were the newest that is applied.
            pool.checkpoints().sealed(applied() - 1);
        }
    }

    private void endBatch(long position) {
        pool.mapped().status().publishEntryCount(pool.entryCount());
        pool.mapped().status().publishApplied(position);
        pool.afterBatch(Long.MAX_VALUE);
        pool.checkpoints().prune(position, PRUNE_LIMIT);
        pool.afterBatch(Long.MAX_VALUE);
    }

    /** Prunes all that can be. */
    void pruneAll() {
        while (pool.checkpoints().prune(applied(), PRUNE_LIMIT)) {
            pool.afterBatch(Long.MAX_VALUE);
        }
        pool.afterBatch(Long.MAX_VALUE);
    }

    private long applied() {
        return pool.mapped().status().applied();
    }

    private void apply(Step step, long position) {
        HeldCheckpoints held = pool.checkpoints();
        if (step.checkpoint > held.newest() && step.value.isPresent()) {
            held.advance(step.checkpoint, position);
        }
        long checkpoint = Math.min(step.checkpoint, held.newest());
        if (checkpoint < held.oldest()) {
            return;
        }
        Operation operation = write(step);
        shares().writtenBy(LINK);
        int root = pool.find(
                operation.hash(), PoolDriver.KEY_TAG, link, operation.keyOffset(),
                step.key.length());
        int seen = held.aim(root, checkpoint, step.persistent);
        int target = rules.hasVersions() ? held.target() : seen;
        boolean isDone = target != 0 && pool.values().version(target) > position;
        if (isDone || step.value.isEmpty() && seen == 0) {
            return;
        }
        if (step.value.isEmpty()) {
            boolean withoutTrace = held.removesWithoutTrace();
            if (withoutTrace) {
                pool.mapped().status().publishApplied(position);
            }
            assertThat(pool.removeAimed(root, operation, position)).isTrue();
            if (withoutTrace) {
                pool.mapped().status().publishApplied(position + 1);
            }
        } else {
            assertThat(pool.storeInline(target, operation, position)).isTrue();
        }
    }

    private Operation write(Step step) {
        Operation operation = new Operation(link).wrap(link, LinkLayout.STAGING_OFFSET);
        byte[] value = step.value.orElse(new byte[0]);
        operation.writeHeader(
                Operation.PUT, (byte) 0, PoolDriver.KEY_TAG, PoolDriver.VALUE_TAG,
                step.key.length(), hash(step.key));
        operation.writeOperands(value.length, 0, 0, 0, step.checkpoint);
        link.copyFrom(operation.keyOffset(), bytes(step.key), 0, step.key.length());
        link.copyFrom(operation.valueOffset(), value, 0, value.length);
        return operation;
    }

    /** The value that a reader at a checkpoint finds in place, or null. */
    byte @Nullable [] read(String key, long checkpoint) {
        int ordinal = newest(key);
        VersionArray versions = client.versions();
        while (ordinal != 0 && versions.from(ordinal) > checkpoint) {
            ordinal = versions.older(ordinal);
        }
        if (ordinal == 0
                || rules.waitsForKeys()
                        && !versions.isPersistent(ordinal)
                        && versions.from(ordinal) != checkpoint) {
            return null;
        }
        long offset = Handle.offset(client.entries().handle(ordinal));
        if (RecordLayout.valueTag(client.data(), offset) == RecordLayout.TAG_DELETED) {
            return null;
        }
        byte[] value = new byte[(int) RecordLayout.valueLength(client.data(), offset)];
        MemorySegment.copy(
                client.data().readOnlySegment(), ValueLayout.JAVA_BYTE,
                offset + RecordLayout.valueOffset(key.length()), value, 0, value.length);
        return value;
    }

    private int newest(String key) {
        HintTable hints = client.hints();
        long tag = hints.tag(hash(key));
        int set = hints.set(hash(key));
        for (int ways = hints.waysOf(set, tag); ways != 0; ways &= ways - 1) {
            int ordinal = hints.ordinal(hints.way(set, Integer.numberOfTrailingZeros(ways)));
            long offset = Handle.offset(client.entries().handle(ordinal));
            if (RecordLayout.keyLength(client.data(), offset) == key.length()
                    && RecordLayout.keyEquals(
                            client.data(), offset, bytes(key), 0, key.length())) {
                return ordinal;
            }
        }
        return 0;
    }

    private LinkShares shares() {
        return Objects.requireNonNull(pool.shares());
    }

    /** Bytes that count for the one who posts, by what each entry says. */
    private long lengthCounted() {
        long length = 0;
        for (int ordinal = 1; ordinal < pool.ordinals().end(); ordinal++) {
            boolean isThere = pool.mapped().entries().handle(ordinal) != Handle.NONE;
            length += isThere ? shares().lengthOf(ordinal, LINK) : 0;
        }
        return length;
    }

    /** Checks that all values that are there count for the one who posts, and no deletion mark. */
    void checkShares() {
        long length = 0;
        for (int ordinal = 1; ordinal < pool.ordinals().end(); ordinal++) {
            long handle = pool.mapped().entries().handle(ordinal);
            long offset = Handle.offset(handle);
            if (handle != Handle.NONE
                    && RecordLayout.valueTag(client.data(), offset) != RecordLayout.TAG_DELETED) {
                length += RecordLayout.lengthTaken(
                        RecordLayout.keyLength(client.data(), offset),
                        RecordLayout.valueLength(client.data(), offset));
            }
        }
        assertThat(shares().used(LINK)).isEqualTo(length);
    }

    /** Checks that the pool is sound, and that each held checkpoint sees what the model says. */
    void check() throws IOException {
        PoolReport report = PoolVerifier.verify(pool.mapped().directory());
        assertThat(report.isClean()).as(report.text()).isTrue();
        assertThat(shares().used(LINK)).isEqualTo(lengthCounted());
        Model model = new Model(rules, steps);
        HeldCheckpoints held = pool.checkpoints();
        assertThat(held.newest()).isEqualTo(model.newest);
        assertThat(held.oldest()).isEqualTo(model.oldest());
        for (long each = model.oldest(); each <= model.newest + 1; each++) {
            int count = 0;
            for (String key : model.keys.keySet()) {
                byte[] expected = model.get(key, each);
                assertThat(read(key, each)).as("%s at %s", key, each).isEqualTo(expected);
                count += expected == null ? 0 : 1;
            }
            assertThat(held.entryCount(each)).as("keys at %s", each).isEqualTo(count);
        }
        assertThat(pool.entryCount()).isEqualTo(held.entryCount(model.newest));
        assertThat(report.entries()).isEqualTo(pool.entryCount());
    }

    /** Checks that entries and space are those of what is held, and no more. */
    void checkNothingLeft() throws IOException {
        PoolReport report = PoolVerifier.verify(pool.mapped().directory());
        assertThat(pool.extents().freePages() * 4096L).isEqualTo(report.freeBytes());
        long used = report.inlineRecords() + report.blocks();
        assertThat(used).isEqualTo(new Model(rules, steps).versionsAtMost());
    }

    /** What a checkpoint holds by the model, without what was posted and is not drained. */
    Map<String, byte[]> modelAt(long checkpoint) {
        Model model = new Model(rules, steps.subList(0, (int) applied()));
        Map<String, byte[]> values = new TreeMap<>();
        for (String key : model.keys.keySet()) {
            byte[] value = model.get(key, checkpoint);
            if (value != null) {
                values.put(key, value);
            }
        }
        return values;
    }

    long hash(String key) {
        return keyHash.of(bytes(key), 0, key.length(), PoolDriver.KEY_TAG);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(ISO_8859_1);
    }

    /** What a pool is like that keeps every version for ever. */
    private static final class Model {
        final Map<String, TreeMap<Long, Step>> keys = new TreeMap<>();
        private final WorkingSet rules;
        long newest;

        Model(WorkingSet rules, List<Step> steps) {
            this.rules = rules;
            steps.forEach(this::apply);
        }

        private void apply(Step step) {
            newest = step.value.isPresent() ? Math.max(newest, step.checkpoint) : newest;
            long checkpoint = Math.min(step.checkpoint, newest);
            TreeMap<Long, Step> versions =
                    keys.computeIfAbsent(step.key, any -> new TreeMap<>());
            if (checkpoint < oldest()) {
                return;
            }
            if (step.value.isPresent()) {
                versions.put(checkpoint, step);
            } else if (get(step.key, checkpoint) != null) {
                Map.Entry<Long, Step> lower = versions.lowerEntry(checkpoint);
                boolean hidesNothing = !rules.waitsForKeys()
                        && (lower == null || lower.getValue().value.isEmpty());
                versions.put(checkpoint, step);
                if (hidesNothing) {
                    versions.remove(checkpoint);
                }
            }
        }

        long oldest() {
            return Math.max(0, newest - rules.size() + 1);
        }

        byte @Nullable [] get(String key, long checkpoint) {
            Map.Entry<Long, Step> seen = keys.get(key).floorEntry(checkpoint);
            boolean carries = seen != null
                    && (!rules.waitsForKeys()
                            || seen.getValue().persistent
                            || seen.getKey() == checkpoint);
            return carries ? seen.getValue().value.orElse(null) : null;
        }

        // One version for each that a held checkpoint sees, and marks that hide one of these.
        long versionsAtMost() {
            long count = 0;
            for (String key : keys.keySet()) {
                TreeMap<Long, Step> versions = keys.get(key);
                Long lowest = versions.floorKey(oldest());
                count += versions.tailMap(lowest == null ? 0 : lowest).size();
                if (lowest != null && !isOfUse(versions.get(lowest), lowest)) {
                    count--;
                }
            }
            return count;
        }

        private boolean isOfUse(Step step, long at) {
            if (step.value.isEmpty()) {
                return rules.waitsForKeys() && at == oldest();
            }
            return !rules.waitsForKeys() || step.persistent || at == oldest();
        }
    }
}
