package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.Heat;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * When memory runs short the manager goes round the entries and picks large values that nobody has read
 * or written since it last came by (see Heat). A thread of its own writes them to the file, which may
 * block as long as it likes; then the manager commits each as a move: a small record of the same key and
 * version takes the place of the large one, and says where in the file the value is. A value that was
 * replaced meanwhile is left, and what was written of it is forgotten. Readers map the file and read it
 * in place, through the system's cache of it. With a quarter of the memory free, values that were read
 * come back the same way.
 *
 * Records never change, so nothing is locked meanwhile.
 */

/** Moves large values to a file on a disk, and back. The manager's thread, but for its own. */
public final class Spill implements AutoCloseable {
    /** Pages that only this may take, for the small records: else a full pool could move nothing. */
    static final int PAGES_KEPT = 8 * SlabAllocator.SLAB_PAGES;

    // Written before any is committed: 8 MiB, or one value. No more of them than there is room for the
    // small records of, with all but PAGES_KEPT in use.
    private static final int ROUND_PAGES = 2048;
    private static final int ROUND_MOVES = 96;
    // Entries looked at in one duty cycle.
    private static final int LOOKS = 4096;
    // Less of the memory free, beside what is held back, is too little; this much more is enough; and so
    // much for values to come back.
    private static final int SHORT_SHARE = 8;
    private static final int MARGIN_SHARE = 64;
    private static final int ROOMY_SHARE = 4;
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);

    private final MemoryPool pool;
    private final DeferredFrees frees;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final Heat heat;
    private final PoolStatus status;
    private final SpillSpace space;
    private final SpillCopier copier;
    private final List<SpillMove> moves = new ArrayList<>();
    private int hand = 1;
    private int looksInVain;
    private int wanted;
    private int missing;
    private boolean isPublished;
    // Nothing can be moved, for a while: as none is cold and large, or there is no room on the disk, which a
    // value more does not change, or after a failure. When the while is over it is tried without a promise.
    private boolean isExhausted;
    private boolean isDiskFull;
    private boolean hasFailed;
    private boolean isTrial;
    private long retryNs;

    private Spill(MemoryPool pool, DeferredFrees frees, long length, Heat heat) {
        MappedPool mapped = pool.mapped();
        this.pool = pool;
        this.frees = frees;
        this.entries = mapped.entries();
        this.data = mapped.data();
        this.heat = heat;
        this.status = mapped.status();
        this.space = new SpillSpace(length, mapped.geometry().entriesMax(), frees);
        this.copier = new SpillCopier(mapped);
    }

    /** What a pool spills with; null if it does not. */
    static @Nullable Spill of(MemoryPool pool, DeferredFrees frees) {
        MemoryRegion file = pool.mapped().spill();
        Heat heat = pool.mapped().heat();
        return file == null || heat == null
                ? null
                : new Spill(pool, frees, file.length(), heat);
    }

    /** Sets what is called, on a thread of this, when {@link #step} has something to go on with. */
    public void onCopied(Runnable action) {
        copier.onCopied(action);
    }

    /** Whether values are being copied, or were and are not committed yet. */
    boolean isCopying() {
        return copier.isCopying();
    }

    /** Whether values were copied that {@link #step} is to commit. */
    public boolean hasCopied() {
        return copier.isDone();
    }

    /**
     * Goes on where memory is short: commits what was copied, or finds what is to be. Needs {@link
     * MemoryPool#afterBatch} afterwards, as a batch does.
     *
     * @param position the applied position; what is given up is stamped with it
     * @return whether there was anything to do
     */
    public boolean step(long position) {
        if (copier.isDone()) {
            finish(copier.take(), position);
            return true;
        }
        if (copier.isCopying() || !makesRoom()) {
            return false;
        }
        lookForCold();
        copy();
        return true;
    }

    /** Now and then: lets values that were read come back if there is room, and tries again. */
    public void keepHouse() {
        if (isExhausted && System.nanoTime() - retryNs >= 0) {
            hasFailed = false;
            isDiskFull = false;
            somethingChanged();
            isTrial = true;
        }
        if (!copier.isCopying() && missing == 0 && space.usedLength() > 0 && isRoomy(0)) {
            lookForRead();
            copy();
        }
        status.gauge(PoolCounter.SPILLED_BYTES, space.usedLength());
    }

    /** Asks for so many pages more than are free; clients are told if they may come. */
    public void want(int pages) {
        if (pages < pool.extents().pageEnd() - pool.heldBackPages()) {
            wanted = Math.max(wanted, pages);
            look();
        }
    }

    /** Gives up what is being copied. */
    @Override
    public void close() {
        copier.close();
    }

    /** Whether memory is short, and values can be moved. */
    boolean makesRoom() {
        return missing > 0 && !isExhausted;
    }

    /** Looks whether memory is short; tells clients that more comes, before they are refused. */
    void look() {
        int all = pool.extents().pageEnd();
        int needed = pool.heldBackPages() + Math.max(all / SHORT_SHARE, wanted);
        // Once it has begun it goes a little further, so that it need not begin again at once.
        int margin = all / MARGIN_SHARE;
        int enough = missing > 0 ? needed + margin : needed;
        // What waits for readers comes without anything being moved for it.
        int free = pool.slabPages() + frees.blockPages();
        boolean isShort = pool.isReserved() && free < enough;
        missing = isShort ? needed + margin - free : 0;
        if (!isShort && (wanted > 0 || looksInVain > 0)) {
            wanted = 0;
            somethingChanged();
        }
        if (comes() && !isPublished) {
            publish(true);
        }
    }

    /** Tells clients when no more comes; after what there is room for was published. */
    void publish() {
        if (isPublished && !comes()) {
            publish(false);
        }
    }

    private boolean comes() {
        return makesRoom() && !isTrial || frees.blockPages() > 0;
    }

    private void publish(boolean comes) {
        isPublished = comes;
        status.publishComing(
                comes ? PoolStatus.COMES_FROM_DISK : PoolStatus.COMES_NOTHING);
    }

    /** An entry got a large value, in place of another or its first. */
    void stored(int ordinal, boolean isAnother) {
        if (isAnother) {
            heat.heat(ordinal);
        } else {
            heat.cool(ordinal);
        }
        if (!isDiskFull) {
            somethingChanged();
        }
    }

    /** Takes back space of the file that nobody reads any more. */
    void free(int page, int pages) {
        space.free(page, pages);
        isDiskFull = false;
        somethingChanged();
    }

    /** Who has what of the file. */
    SpillSpace space() {
        return space;
    }

    /** Begins, when all that is on the disk is known. */
    void begin() {
        publish(false);
        space.begin();
    }

    private void somethingChanged() {
        looksInVain = 0;
        isExhausted = hasFailed;
        isTrial = false;
    }

    private void pause(boolean failed) {
        hasFailed = failed;
        isExhausted = true;
        wanted = 0;
        retryNs = System.nanoTime() + RETRY_NS;
    }

    private boolean isRoomy(int pages) {
        return pool.isReserved()
                && pool.slabPages() - pages - pool.heldBackPages()
                        > pool.extents().pageEnd() / ROOMY_SHARE;
    }

    // In the second round in vain, what is read all the time goes, too.
    private void lookForCold() {
        int end = pool.ordinals().end();
        int pages = 0;
        int pagesMax = Math.min(missing, ROUND_PAGES);
        for (int looks = 0; looks < Math.min(end, LOOKS)
                && pages < pagesMax
                && moves.size() < ROUND_MOVES; looks++) {
            int found = takeOut(nextOrdinal(end), looksInVain > end);
            pages += found;
            looksInVain++;
            if (found > 0) {
                looksInVain = 0;
                isTrial = false;
            }
            if (looksInVain > 2L * end) {
                pause(false);
                return;
            }
        }
    }

    private void lookForRead() {
        int end = pool.ordinals().end();
        int pages = 0;
        for (int looks = 0; looks < Math.min(end, LOOKS) && pages < ROUND_PAGES; looks++) {
            pages += takeBack(nextOrdinal(end));
        }
    }

    private int nextOrdinal(int end) {
        hand = hand + 1 < end ? hand + 1 : 1;
        return hand;
    }

    // Pages of a value that goes, or 0.
    private int takeOut(int ordinal, boolean takesHot) {
        long handle = entries.handle(ordinal);
        if (handle == Handle.NONE || !Handle.isBlock(handle) || !isMovable(ordinal, handle)) {
            return 0;
        }
        if (heat.isHot(ordinal) && !takesHot) {
            heat.cool(ordinal);
            return 0;
        }
        long offset = Handle.offset(handle);
        long valueLength = RecordLayout.valueLength(data, offset);
        int page = space.allocate(valueLength);
        if (page == SpillSpace.NONE) {
            isDiskFull = true;
            return 0;
        }
        moves.add(
                new SpillMove(
                        ordinal,
                        entries.generation(ordinal),
                        handle,
                        RecordLayout.keyLength(data, offset),
                        valueLength,
                        page,
                        SpillMove.NONE));
        return SpillSpace.pages(valueLength);
    }

    // The header is where clients can write: it is believed as far as it agrees with what is known.
    private boolean isMovable(int ordinal, long handle) {
        long offset = Handle.offset(handle);
        int keyLength = RecordLayout.keyLength(data, offset);
        long valueLength = RecordLayout.valueLength(data, offset);
        byte valueTag = RecordLayout.valueTag(data, offset);
        return RecordLayout.isIntact(data, offset)
                && RecordLayout.ordinal(data, offset) == ordinal
                && valueTag != RecordLayout.TAG_SPILLED
                && valueLength > 0
                && RecordLayout.length(keyLength, valueLength) <= blockLength(handle)
                && RecordLayout.length(keyLength, valueLength)
                        > blockLength(handle) - PoolGeometry.PAGE_LENGTH
                && SizeClasses.isSmall(keyLength, RecordLayout.spilledLength(valueTag))
                && pool.hasRoomForMove(smallClass(keyLength, valueTag));
    }

    private long blockLength(long handle) {
        return -(long) pool.extents().span(Handle.page(handle)) * PoolGeometry.PAGE_LENGTH;
    }

    private static int smallClass(int keyLength, byte valueTag) {
        return SizeClasses.ofLength(
                RecordLayout.length(keyLength, RecordLayout.spilledLength(valueTag)));
    }

    // Pages of a value that comes back, or 0.
    private int takeBack(int ordinal) {
        int page = space.page(ordinal);
        if (page == SpillSpace.NONE || !heat.isHot(ordinal)) {
            return 0;
        }
        long handle = entries.handle(ordinal);
        long offset = Handle.offset(handle);
        if (!RecordLayout.isIntact(data, offset)) {
            return 0;
        }
        int keyLength = RecordLayout.keyLength(data, offset);
        boolean isSpilled = RecordLayout.valueTag(data, offset) == RecordLayout.TAG_SPILLED
                && RecordLayout.valueLength(data, offset) >= RecordLayout.SPILLED_LENGTH;
        long valueLength = isSpilled ? spilledLength(offset, keyLength) : 0;
        if (!space.isOf(valueLength, page)) {
            return 0;
        }
        int pages = RecordLayout.pages(keyLength, valueLength);
        int block = isRoomy(pages) ? pool.grantBlock(pages) : MemoryPool.NO_BLOCK;
        if (block == MemoryPool.NO_BLOCK) {
            return 0;
        }
        heat.cool(ordinal);
        moves.add(
                new SpillMove(
                        ordinal, entries.generation(ordinal), handle, keyLength, valueLength,
                        page, block));
        return pages;
    }

    private long spilledLength(long offset, int keyLength) {
        return RecordLayout.awayLength(data, offset + RecordLayout.valueOffset(keyLength));
    }

    private void copy() {
        if (!moves.isEmpty()) {
            copier.start(List.copyOf(moves));
        }
    }

    private void finish(boolean isCopied, long position) {
        boolean isBack = moves.getFirst().isBack();
        int valid = 0;
        int gone = 0;
        for (SpillMove move : moves) {
            boolean isValid =
                    isCopied && entries.generation(move.ordinal()) == move.generation();
            if (isBack) {
                comeBack(move, isValid, position);
            } else {
                valid += isValid ? 1 : 0;
                gone += goOut(move, isValid, position) ? 1 : 0;
            }
        }
        moves.clear();
        status.count(PoolCounter.SPILLS_FAILED, isCopied ? 0 : 1);
        if (!isBack && (!isCopied || valid > 0 && gone == 0)) {
            // A disk that is full or broken, or no room for small records.
            pause(true);
        }
        look();
    }

    private boolean goOut(SpillMove move, boolean isValid, long position) {
        byte valueTag = RecordLayout.valueTag(data, move.from());
        boolean isSame = isValid
                && RecordLayout.keyLength(data, move.from()) == move.keyLength()
                && RecordLayout.valueLength(data, move.from()) == move.valueLength()
                && isMovable(move.ordinal(), move.handle());
        long small = isSame
                ? pool.slabs().allocate(smallClass(move.keyLength(), valueTag))
                : Handle.NONE;
        if (small == Handle.NONE) {
            space.free(move.page());
            return false;
        }
        long to = Handle.offset(small);
        RecordLayout.writeSpilled(
                data,
                to + RecordLayout.valueOffset(move.keyLength()),
                move.onDisk(),
                move.valueLength(),
                valueTag,
                move.valueFrom());
        copyHead(move, to, RecordLayout.spilledLength(valueTag), RecordLayout.TAG_SPILLED);
        publish(move, small, move.page());
        frees.add(
                move.handle(), RecordLayout.pages(move.keyLength(), move.valueLength()), position);
        status.count(PoolCounter.VALUES_SPILLED, 1);
        return true;
    }

    private void comeBack(SpillMove move, boolean isValid, long position) {
        if (!isValid) {
            pool.freeBlock(move.block(), RecordLayout.pages(move.keyLength(), move.valueLength()));
            return;
        }
        long block = Handle.block(move.block());
        byte valueTag = RecordLayout.awayTag(data, move.valueFrom());
        copyHead(move, Handle.offset(block), move.valueLength(), valueTag);
        publish(move, block, SpillSpace.NONE);
        frees.add(move.handle(), 0, position);
        space.giveUp(move.page(), position);
        status.count(PoolCounter.VALUES_UNSPILLED, 1);
    }

    private void copyHead(SpillMove move, long to, long valueLength, byte valueTag) {
        long from = move.from();
        data.copyFrom(
                to + RecordLayout.HEADER_LENGTH,
                data.readOnlySegment(),
                from + RecordLayout.HEADER_LENGTH,
                move.keyLength());
        RecordLayout.writeHeader(
                data,
                to,
                RecordLayout.version(data, from),
                move.keyLength(),
                valueLength,
                move.ordinal(),
                RecordLayout.keyTag(data, from),
                valueTag);
    }

    private void publish(SpillMove move, long handle, int page) {
        LinkShares shares = pool.shares();
        long lengthBefore = shares == null ? 0 : shares.length(move.ordinal());
        entries.publishChange(move.ordinal(), handle);
        pool.index().updateHint(move.ordinal());
        space.set(move.ordinal(), page);
        if (shares != null) {
            shares.moved(move.ordinal(), lengthBefore);
        }
    }
}
