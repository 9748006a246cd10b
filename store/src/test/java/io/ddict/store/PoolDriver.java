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
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One client and one manager in one thread: writes operations into a link by hand, posts them,
 * applies them in batches, and holds the model that the pool must agree with.
 */
final class PoolDriver implements AutoCloseable {
    static final byte KEY_TAG = 1;
    static final byte VALUE_TAG = 2;
    static final long SEED = 0x5EED;
    private static final int LINK = 3;
    private static final int BATCH_MAX = 64;

    /** What the pool must hold once everything posted is applied. */
    final Map<String, byte[]> model;
    final MemoryPool memoryPool;
    final MappedPool mapped;
    private final Map<String, Long> versions;
    private final long postedBefore;
    private final MappedPool client;
    private final MemoryRegion link;
    private final Operation operation;
    private final KeyHash keyHash;
    private long stagingNext;
    private long stagingUsed;
    private long oldestPin = Long.MAX_VALUE;
    private boolean compacts;
    private boolean isBorrowed;

    private PoolDriver(
            MemoryPool memoryPool, Map<String, byte[]> model, Map<String, Long> versions)
            throws IOException {
        this.memoryPool = memoryPool;
        this.model = model;
        this.versions = versions;
        this.mapped = memoryPool.mapped();
        this.postedBefore = mapped.ring().tail();
        this.client = MappedPool.openAsClient(mapped.directory());
        this.link = Files.exists(mapped.linkPath(LINK)) ? mapped.openLink(LINK)
                : mapped.createLink(LINK);
        this.operation = new Operation(link);
        this.keyHash = new KeyHash(mapped.geometry().hashSeed());
    }

    /** Keeps memory back for what is posted, as for one client, and lends. */
    private PoolDriver holdBack() {
        memoryPool.holdBack(1);
        memoryPool.loans().allow(true);
        return this;
    }

    static PoolDriver create(Path directory, long memoryLength, int keysMax) throws IOException {
        return create(directory, memoryLength, keysMax, MemoryRegion::new);
    }

    static PoolDriver create(
            Path directory,
            long memoryLength,
            int keysMax,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        return new PoolDriver(
                MemoryPool.create(
                        directory,
                        MemoryPool.geometry(memoryLength, keysMax, SEED, WorkingSet.SINGLE),
                        regions),
                new HashMap<>(),
                new HashMap<>());
    }

    /** Pools of one node, that can lend to each other. */
    static List<PoolDriver> createGroup(
            Path directory,
            int count,
            long memoryLength,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        List<PoolDriver> group = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            Path pool = Files.createDirectory(directory.resolve(Integer.toString(number)));
            group.add(create(pool, memoryLength, 1_000, regions));
        }
        Loans.introduce(0, group.stream().map(each -> each.memoryPool).toList());
        group.forEach(PoolDriver::holdBack);
        return group;
    }

    /** Ends the owner of a group without a word, and lets the next one take over. */
    static List<PoolDriver> recover(
            List<PoolDriver> group, Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        group.forEach(PoolDriver::close);
        List<MemoryPool> pools = PoolRecovery.recover(
                0, group.stream().map(each -> each.mapped.directory()).toList(), regions);
        List<PoolDriver> next = new ArrayList<>();
        for (MemoryPool pool : pools) {
            PoolDriver before = group.get(next.size());
            next.add(new PoolDriver(pool, before.model, before.versions).holdBack());
        }
        return next;
    }

    /** A pool whose large values may be moved to a file. */
    static PoolDriver createSpilling(
            Path directory,
            Path file,
            long memoryLength,
            long spillLength,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        PoolGeometry geometry =
                MemoryPool.geometry(memoryLength, 5_000, SEED, WorkingSet.SINGLE)
                        .withLimits(new PoolLimits(
                                PoolLimits.FULL_THRESHOLD_DEFAULT, 1L << 40, spillLength));
        MappedPool.createSpill(directory, file, geometry);
        return new PoolDriver(
                MemoryPool.create(directory, geometry, regions), new HashMap<>(),
                new HashMap<>());
    }

    /** Ends this owner without a word, and lets the next one take over. */
    PoolDriver recover() throws IOException {
        return recover(MemoryRegion::new);
    }

    PoolDriver recover(Function<MemorySegment, MemoryRegion> regions) throws IOException {
        close();
        return new PoolDriver(PoolRecovery.recover(mapped.directory(), regions), model, versions);
    }

    @Override
    public void close() {
        client.close();
        memoryPool.close();
    }

    // Posting, as a client does it.

    /** Posts a put and keeps the model; false if no block is granted. */
    boolean postPut(String key, byte[] value) {
        boolean posted = postPut(key, value, (byte) 0);
        if (posted) {
            accept(key, value);
        }
        return posted;
    }

    boolean postPutIfAbsent(String key, byte[] value) {
        boolean posted = postPut(key, value, Operation.IF_ABSENT);
        if (posted && !model.containsKey(key)) {
            accept(key, value);
        }
        return posted;
    }

    /** Lends a key's value; its page, or none. */
    int lend(String key) {
        return memoryPool.loans().lend(ordinal(key), version(key), LINK);
    }

    /** Tells that what refers to a key's value was posted. */
    void endLend(long version) {
        memoryPool.loans().endHold(version, LINK);
    }

    /** Refers to what another pool has lent under the same key; whether it had. */
    boolean borrow(String key, int lender, int page, long version, byte[] value) {
        isBorrowed = false;
        postBorrow(key, lender, page, version);
        drain();
        if (isBorrowed) {
            accept(key, value);
        }
        return isBorrowed;
    }

    /** Posts what refers to a lent value. */
    void postBorrow(String key, int lender, int page, long version) {
        makeRoom(Operation.length(key.length(), RecordLayout.LENT_LENGTH));
        operation.writeHeader(
                Operation.PUT, (byte) 0, KEY_TAG, RecordLayout.TAG_LENT, key.length(), hash(key));
        operation.writeOperands(RecordLayout.LENT_LENGTH, 0, 0, 0);
        link.copyFrom(operation.keyOffset(), bytes(key), 0, key.length());
        link.putLong(operation.valueOffset(), Operation.lent(lender, page));
        link.putLong(operation.valueOffset() + Long.BYTES, version);
        publish(key);
    }

    private boolean postPut(String key, byte[] value, byte flags) {
        if (SizeClasses.isSmall(key.length(), value.length)) {
            makeRoom(Operation.length(key.length(), value.length));
            writeHeader(Operation.PUT, flags, key, value.length, 0, 0);
            link.copyFrom(operation.keyOffset(), bytes(key), 0, key.length());
            link.copyFrom(operation.valueOffset(), value, 0, value.length);
        } else {
            // Every second one has a page to spare.
            int pages = RecordLayout.pages(key.length(), value.length) + (value.length & 1);
            int page = memoryPool.grantBlock(pages);
            while (page == MemoryPool.NO_BLOCK && spillFor(pages)) {
                page = memoryPool.grantBlock(pages);
            }
            if (page == MemoryPool.NO_BLOCK) {
                return false;
            }
            makeRoom(Operation.HEADER_LENGTH);
            writeBlock(page, key, value);
            writeHeader(Operation.PUT, flags, key, value.length, 0, LinkLayout.grant(page, pages));
        }
        publish(key);
        return true;
    }

    private void accept(String key, byte[] value) {
        model.put(key, value);
        versions.put(key, mapped.ring().tail());
    }

    /** Version that the key has once all is applied, or 0. */
    long version(String key) {
        return model.containsKey(key) ? versions.get(key) : 0;
    }

    void postRemove(String key) {
        postRemove(key, (byte) 0, 0);
        model.remove(key);
    }

    void postRemoveIfVersion(String key, long version) {
        postRemove(key, Operation.IF_VERSION, version);
        if (version(key) == version) {
            model.remove(key);
        }
    }

    private void postRemove(String key, byte flags, long operand) {
        makeRoom(Operation.length(key.length(), 0));
        writeHeader(Operation.REMOVE, flags, key, 0, operand, 0);
        link.copyFrom(operation.keyOffset(), bytes(key), 0, key.length());
        publish(key);
    }

    void postAdd(String key, long delta) {
        makeRoom(Operation.length(key.length(), 0));
        writeHeader(Operation.GET_AND_ADD, (byte) 0, key, 0, delta, 0);
        link.copyFrom(operation.keyOffset(), bytes(key), 0, key.length());
        publish(key);
        long old = longOf(model.getOrDefault(key, new byte[Long.BYTES]));
        accept(key, bytesOf(old + delta));
    }

    void postClear() {
        makeRoom(Operation.HEADER_LENGTH);
        writeHeader(Operation.CLEAR, (byte) 0, "", 0, 0, 0);
        publishAs(PostingRing.TAG_ALL);
        model.clear();
    }

    boolean put(String key, byte[] value) {
        boolean posted = postPut(key, value);
        drain();
        return posted;
    }

    void remove(String key) {
        postRemove(key);
        drain();
    }

    void add(String key, long delta) {
        postAdd(key, delta);
        drain();
    }

    void clear() {
        postClear();
        drain();
    }

    private void writeBlock(int page, String key, byte[] value) {
        long offset = Handle.offset(Handle.block(page));
        client.data().copyFrom(offset + RecordLayout.HEADER_LENGTH, bytes(key), 0, key.length());
        client.data()
                .copyFrom(offset + RecordLayout.valueOffset(key.length()), value, 0, value.length);
    }

    private void makeRoom(long length) {
        long rounded = (length + PostingRing.STAGING_UNIT - 1) & -PostingRing.STAGING_UNIT;
        if (stagingNext + rounded > mapped.geometry().stagingLength()) {
            stagingNext = 0;
            drain();
        }
        if (stagingUsed + rounded > mapped.geometry().stagingLength() / 2) {
            drain();
        }
        operation.wrap(link, LinkLayout.STAGING_OFFSET + stagingNext);
        stagingNext += rounded;
        stagingUsed += rounded;
    }

    private void writeHeader(
            byte kind, byte flags, String key, long valueLength, long operand, long block) {
        operation.writeHeader(kind, flags, KEY_TAG, VALUE_TAG, key.length(), hash(key));
        operation.writeOperands(valueLength, 0, operand, block);
    }

    private void publish(String key) {
        publishAs(KeyHash.ringTag(hash(key)));
    }

    private void publishAs(int ringTag) {
        long offset = operation.keyOffset() - Operation.HEADER_LENGTH - LinkLayout.STAGING_OFFSET;
        int index = (int) (offset / PostingRing.STAGING_UNIT);
        long position = mapped.ring().tryPublish(LINK, index, ringTag, 0);
        while (position == PostingRing.FULL) {
            drainOnly();
            position = mapped.ring().tryPublish(LINK, index, ringTag, 0);
        }
        assertThat(position).isNotNegative();
        if (ringTag != PostingRing.TAG_ALL) {
            mapped.marks().raise(operation.hash(), position + 1);
        }
    }

    // Applying, as a manager does it.

    /** Applies everything that is posted. */
    void drain() {
        drainOnly();
        stagingUsed = 0;
    }

    private void drainOnly() {
        while (drainBatch() > 0) {
            stagingUsed = 0;
        }
    }

    void awaitReserved() {
        awaitReserved(memoryPool);
    }

    /** Waits until all of a pool's memory is there. */
    static void awaitReserved(MemoryPool memoryPool) {
        String thread = "ddict-reserve-" + memoryPool.mapped().directory().getFileName();
        while (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(each -> each.getName().equals(thread))) {
            Thread.yield();
        }
        memoryPool.beforeBatch();
    }

    /** From now on moves records after each batch, to join free space. */
    void compactBetweenBatches() {
        compacts = true;
    }

    /** Moves records until free space lies together, or nothing more can be moved; returns moves. */
    int compact() {
        int moves = 0;
        while (memoryPool.isCompactionDue() && memoryPool.compact(mapped.status().applied())) {
            memoryPool.afterBatch(oldestPin);
            moves++;
        }
        return moves;
    }

    /** Moves large values to the file while that is due; returns whether anything was done. */
    boolean spill() {
        boolean hasMoved = false;
        while (spillStep()) {
            hasMoved = true;
        }
        return hasMoved;
    }

    private boolean spillStep() {
        Spill spill = memoryPool.spill();
        if (spill == null) {
            return false;
        }
        while (spill.isCopying() && !spill.hasCopied()) {
            Thread.onSpinWait();
        }
        boolean hasMoved = spill.step(mapped.status().applied());
        memoryPool.afterBatch(oldestPin);
        return hasMoved;
    }

    // More than is moved may be needed where it is not in one piece.
    private boolean spillFor(int pages) {
        Spill spill = memoryPool.spill();
        return spill != null
                && (memoryPool.hasPages(pages)
                        ? release(memoryPool.compact(mapped.status().applied(), pages))
                        : spillAfterAll(spill, pages));
    }

    private boolean spillAfterAll(Spill spill, int pages) {
        spill.want(pages);
        return spill();
    }

    /** Frees what was given up, and what others gave back. */
    void release() {
        boolean _ = memoryPool.hasDeferredFrees();
        memoryPool.afterBatch(oldestPin);
    }

    private boolean release(boolean hasMoved) {
        memoryPool.afterBatch(oldestPin);
        return hasMoved;
    }

    /** Keeps the space of what is given up from the next batch on, as a reader's pin does. */
    void pin() {
        oldestPin = mapped.status().applied();
    }

    void unpin() {
        oldestPin = Long.MAX_VALUE;
    }

    private int drainBatch() {
        PostingRing ring = mapped.ring();
        Operation posted = new Operation(link);
        long first = mapped.status().applied();
        long position = first;
        memoryPool.beforeBatch();
        while (position < first + BATCH_MAX && ring.isFilled(position)) {
            long index = PostingRing.stagingIndex(ring.slot(position));
            posted.wrap(link, LinkLayout.STAGING_OFFSET + index * PostingRing.STAGING_UNIT);
            assertThat(apply(posted, position)).isEqualTo(Status.OK);
            position++;
        }
        ring.raiseLow();
        memoryPool.afterBatch(oldestPin);
        mapped.status().publishApplied(position);
        spill();
        if (compacts) {
            compact();
        }
        return (int) (position - first);
    }

    private Status apply(Operation posted, long position) {
        return switch (posted.kind()) {
            case Operation.PUT -> posted.block() == 0 ? storeInline(posted, position)
                    : storeBlock(posted, position);
            case Operation.REMOVE -> removePosted(posted, position);
            case Operation.GET_AND_ADD -> addPosted(posted, position);
            case Operation.CLEAR -> clearPosted(position);
            default -> Status.MALFORMED;
        };
    }

    private Status storeLent(Operation posted, long position) {
        int ordinal = findPosted(posted);
        if (!isDone(ordinal, position)) {
            Loan loan = memoryPool.borrowed().borrow(posted);
            isBorrowed = loan != null && memoryPool.storeLent(ordinal, posted, loan, position);
        }
        return Status.OK;
    }

    private Status storeInline(Operation posted, long position) {
        if (posted.valueTag() == RecordLayout.TAG_LENT) {
            return storeLent(posted, position);
        }
        int ordinal = findPosted(posted);
        return isRefused(posted, ordinal)
                || isDone(ordinal, position)
                || memoryPool.storeInline(ordinal, posted, position)
                        ? Status.OK
                        : Status.FULL;
    }

    private Status storeBlock(Operation posted, long position) {
        int page = LinkLayout.grantPage(posted.block());
        // A predecessor's grants are gone: recovery took what the records need.
        int pages =
                position < postedBefore
                        ? RecordLayout.pages(posted.keyLength(), posted.valueLength())
                        : LinkLayout.grantPages(posted.block());
        long keyOffset = Handle.offset(Handle.block(page)) + RecordLayout.HEADER_LENGTH;
        int ordinal =
                memoryPool.find(
                        posted.hash(), posted.keyTag(), mapped.data(), keyOffset,
                        posted.keyLength());
        if (isRefused(posted, ordinal) || isDone(ordinal, position)) {
            if (mapped.entries().handle(ordinal) != Handle.block(page)) {
                memoryPool.freeBlockAfterBatch(page, pages, position);
            }
            return Status.OK;
        }
        return memoryPool.storeBlock(ordinal, posted, page, pages, position) ? Status.OK
                : Status.FULL;
    }

    private Status removePosted(Operation posted, long position) {
        int ordinal = findPosted(posted);
        if (posted.flags() != 0) {
            // See MemoryPool: what comes before a conditional removal is not repeated after it.
            mapped.status().publishApplied(position);
        }
        if (ordinal != 0 && !isRefused(posted, ordinal) && !isDone(ordinal, position)) {
            memoryPool.remove(ordinal, posted.hash(), position);
        }
        return Status.OK;
    }

    private Status addPosted(Operation posted, long position) {
        int ordinal = findPosted(posted);
        if (isDone(ordinal, position)) {
            return Status.OK;
        }
        long old = ordinal == 0 ? 0 : memoryPool.values().integer(ordinal);
        boolean stored =
                memoryPool.storeLong(ordinal, posted, old + posted.operand(), position);
        return stored ? Status.OK : Status.FULL;
    }

    private Status clearPosted(long position) {
        return memoryPool.clear(0, position) ? Status.OK : Status.FULL;
    }

    private int findPosted(Operation posted) {
        return memoryPool.find(
                posted.hash(), posted.keyTag(), link, posted.keyOffset(), posted.keyLength());
    }

    private boolean isRefused(Operation posted, int ordinal) {
        return switch (posted.flags()) {
            case Operation.IF_ABSENT -> ordinal != 0;
            case Operation.IF_VERSION ->
                    ordinal == 0 || memoryPool.values().version(ordinal) != posted.operand();
            default -> false;
        };
    }

    // Done by an owner that ended before it could say so.
    private boolean isDone(int ordinal, long position) {
        return ordinal != 0 && memoryPool.values().version(ordinal) > position;
    }

    // Reading in place, as a client does it.

    /** The value that a reader finds, or null. */
    byte @Nullable [] read(String key) {
        int ordinal = ordinal(key);
        if (ordinal == 0) {
            return null;
        }
        long generation = client.entries().generation(ordinal);
        long offset = Handle.offset(client.entries().handle(ordinal));
        long start = offset + RecordLayout.valueOffset(key.length());
        boolean isAway = RecordLayout.isAway(RecordLayout.valueTag(client.data(), offset));
        byte[] value = new byte[(int) (isAway
                ? RecordLayout.awayLength(client.data(), start)
                : RecordLayout.valueLength(client.data(), offset))];
        MemorySegment.copy(
                bytesOf(key, start),
                ValueLayout.JAVA_BYTE,
                isAway ? RecordLayout.awayOffset(client.data(), start) : start,
                value,
                0,
                value.length);
        assertThat(client.entries().isUnchanged(ordinal, generation)).isTrue();
        return value;
    }

    // What a value is in, by what is in the record's place of it.
    private MemorySegment bytesOf(String key, long start) {
        try {
            return switch (storedTag(key)) {
                case RecordLayout.TAG_SPILLED -> client.spill().readOnlySegment();
                case RecordLayout.TAG_LENT ->
                        client.dataOf(RecordLayout.lender(client.data(), start));
                default -> client.data().readOnlySegment();
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte storedTag(String key) {
        long offset = Handle.offset(client.entries().handle(ordinal(key)));
        return RecordLayout.valueTag(client.data(), offset);
    }

    /** Whether the value of a key that is there is in the file. */
    boolean isSpilled(String key) {
        return storedTag(key) == RecordLayout.TAG_SPILLED;
    }

    /** Whether the value of a key that is there is in another pool. */
    boolean isBorrowed(String key) {
        return storedTag(key) == RecordLayout.TAG_LENT;
    }

    /** Where a spilled value's record says where that is. */
    long placeOfSpilled(String key) {
        return Handle.offset(client.entries().handle(ordinal(key)))
                + RecordLayout.valueOffset(key.length());
    }

    /** Where a spilled value is in the file. */
    long spilledOffset(String key) {
        return RecordLayout.awayOffset(client.data(), placeOfSpilled(key));
    }

    /** Reads as a client does who leaves word of it. */
    void warm(String key) {
        client.heat().heat(ordinal(key));
    }

    /** The ordinal that the hints lead to, or that the manager names when they cannot tell; or 0. */
    int ordinal(String key) {
        HintTable hints = client.hints();
        long tag = hints.tag(hash(key));
        int set = hints.set(hash(key));
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                long word = hints.way(set, way);
                if (hints.isOfTag(word, tag) && isKeyOf(hints.ordinal(word), key)) {
                    return hints.ordinal(word);
                }
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return 0;
            }
            set = hints.nextSet(set);
        }
        makeRoom(Operation.length(key.length(), 0));
        link.copyFrom(operation.keyOffset(), bytes(key), 0, key.length());
        return memoryPool.find(hash(key), KEY_TAG, link, operation.keyOffset(), key.length());
    }

    private boolean isKeyOf(int ordinal, String key) {
        long offset = Handle.offset(client.entries().handle(ordinal));
        return RecordLayout.keyLength(client.data(), offset) == key.length()
                && RecordLayout.keyEquals(client.data(), offset, bytes(key), 0, key.length());
    }

    /** Checks that the pool is sound and holds what the model holds. */
    void check() throws IOException {
        PoolReport report = PoolVerifier.verify(mapped.directory());
        assertThat(report.isClean()).as(report.text()).isTrue();
        assertThat(report.entries()).isEqualTo(model.size());
        assertThat(memoryPool.entryCount()).isEqualTo(model.size());
        model.forEach(
                (key, value) -> assertThat(read(key)).as("value of %s", key).isEqualTo(value));
    }

    /** Checks that no page is lost: those of the entries, and the free ones, are all there are. */
    void checkPages() throws IOException {
        PoolReport report = PoolVerifier.verify(mapped.directory());
        assertThat(memoryPool.extents().freePages() * 4096L).isEqualTo(report.freeBytes());
        assertThat(memoryPool.slabs().freeBytes())
                .isLessThanOrEqualTo(report.slabBytes() - report.inlineBytes());
    }

    long hash(String key) {
        return keyHash.of(bytes(key), 0, key.length(), KEY_TAG);
    }

    static byte[] bytes(String key) {
        return key.getBytes(ISO_8859_1);
    }

    static byte[] bytesOf(long value) {
        byte[] bytes = new byte[Long.BYTES];
        java.nio.ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putLong(value);
        return bytes;
    }

    private static long longOf(byte[] bytes) {
        return java.nio.ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong();
    }

    static byte[] value(int length, int salt) {
        byte[] value = new byte[length];
        Arrays.fill(value, (byte) salt);
        for (int i = 0; i < length; i += 97) {
            value[i] = (byte) (i * 31 + salt);
        }
        return value;
    }

    /*
     * Keys with one and the same 64-bit hash under every seed: rapidhash multiplies the first eight
     * bytes, mixed with a constant of its own, into the next eight. Where they equal the constant
     * the product is zero whatever the next eight are.
     */
    static String keyOfEqualHash(int number) {
        java.nio.ByteBuffer key = java.nio.ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        key.putLong(0x4b33_a62e_d433_d4a3L).putLong(number).putLong(7).putLong(9);
        return new String(key.array(), ISO_8859_1);
    }
}
