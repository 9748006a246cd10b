package io.ddict.manager.persist;

import io.ddict.manager.serving.Changes;
import io.ddict.manager.serving.Manager;
import io.ddict.store.Snapshot;
import io.ddict.store.table.RecordTable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.agrona.collections.Int2IntHashMap;
import org.roaringbitmap.RoaringBitmap;

/*
 * Rounds, a quarter of the window apart, or one after the other when much changes. In each, the manager hands
 * over which entries changed; their records are copied out as a snapshot's are, between two batches, and
 * written on the side of the table that the entry does not use; the disk is waited for; then what they
 * replace is removed, and so are entries that ended. So at each instant the table has every record of
 * the last round, and a killed process loses what changed since that began.
 *
 * How much may change until the next round is what an eighth of the window was enough to write so far. When
 * that is reached the manager waits, and with it whoever posts: that is what keeps the promise of the
 * window on a slow disk. Only if the disk fails it does not wait: the dictionary goes on in memory, tells so,
 * and every round tries again.
 */

/** Copies what changes in one manager's pool to a table on a disk. Its thread is the only one to write. */
final class ContinuousCopy {
    private static final System.Logger LOGGER = System.getLogger(ContinuousCopy.class.getName());
    private static final int BLOCK_LENGTH = 256 << 10;
    // What is replaced is removed after so many bytes: until then both are on the disk.
    private static final long PART_LENGTH = 16L << 20;
    // Of the file system, before a part is written: a page that it cannot give is a SIGBUS.
    private static final long ROOM_MIN = 64L << 20;
    private static final long LIMIT_MIN = 1L << 20;
    // A JVM that has just started is some ten times slower than it will be.
    private static final long LIMIT_FIRST = 4L << 20;
    private static final long MEASURED_MIN = 256 << 10;
    private static final long LIMIT_MAX = 1L << 30;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(60);
    private static final int NONE = 0;

    private final int number;
    private final Manager manager;
    private final RecordTable table;
    private final FileStore disk;
    private final long roundNs;
    // Pieces of each entry's record, and above them its side; 0 if it has none.
    private final int[] stored;
    private final Int2IntHashMap written = new Int2IntHashMap(NONE);
    private final RoaringBitmap copied = new RoaringBitmap();
    private final MemorySegment block = MemorySegment.ofArray(new byte[BLOCK_LENGTH]);
    private final MemorySegment header =
            MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH]);
    private final RecordImageWriter image;
    private final Thread thread;
    private volatile long copiedNs = System.nanoTime();
    private volatile boolean closed;
    private boolean isFailing;
    private int headerFilled;
    private long left;
    private int ordinal;
    private int side;
    private long partLength;
    private long roundLength;

    /**
     * Begins to track a manager that has not been started.
     *
     * @param windowNs what may be lost at most
     */
    ContinuousCopy(int number, Manager manager, RecordTable table, FileStore disk, long windowNs) {
        this.number = number;
        this.manager = manager;
        this.table = table;
        this.disk = disk;
        this.roundNs = windowNs / 4;
        this.stored = new int[manager.pool().mapped().geometry().entriesMax() + 1];
        this.image = new RecordImageWriter(table);
        this.thread =
                Thread.ofPlatform().daemon().name("ddict-copy-" + number).unstarted(this::run);
        manager.trackChanges(
                () -> LockSupport.unpark(thread), () -> System.nanoTime() - copiedNs);
    }

    /** Copies everything there is; then goes on by itself. */
    void start() throws IOException {
        round();
        // Also if nothing was there: from now on this table counts.
        table.force();
        manager.limitChanges(LIMIT_FIRST);
        thread.start();
    }

    /**
     * Ends the thread.
     *
     * @param copyLast whether to copy what changed last; the manager is still at work
     */
    void end(boolean copyLast) {
        boolean wasStarted = thread.getState() != Thread.State.NEW;
        closed = true;
        LockSupport.unpark(thread);
        if (wasStarted && !hasEnded()) {
            // Its disk hangs. The table stays open, as it may still write there.
            LOGGER.log(
                    System.Logger.Level.ERROR,
                    "disk does not answer, and what changed last is not copied: manager=" + number);
            return;
        }
        if (copyLast && wasStarted) {
            tryRound();
        }
        table.close();
    }

    private boolean hasEnded() {
        try {
            return thread.join(END_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void run() {
        while (!closed) {
            long startNs = System.nanoTime();
            tryRound();
            long restNs = roundNs - (System.nanoTime() - startNs);
            if (restNs > 0 && !closed) {
                LockSupport.parkNanos(restNs);
            }
        }
    }

    private void tryRound() {
        try {
            round();
            if (isFailing) {
                LOGGER.log(
                        System.Logger.Level.WARNING,
                        "changes are copied to the disk again: manager=" + number);
            }
            isFailing = false;
        } catch (IOException | RuntimeException | Error e) {
            // Nobody is to wait for a disk that takes nothing.
            manager.limitChanges(Long.MAX_VALUE);
            if (!isFailing && !closed) {
                LOGGER.log(
                        System.Logger.Level.ERROR,
                        "changes cannot be copied to the disk, and would be lost if the service"
                                + " ended: manager=" + number + ", cause=" + e.getMessage()
                                + "; it is tried again",
                        e);
            }
            isFailing = true;
        }
    }

    private void round() throws IOException {
        long startNs = System.nanoTime();
        roundLength = 0;
        Changes changes = takeChanges();
        boolean isCopied = false;
        try {
            copy(changes);
            isCopied = true;
        } finally {
            written.clear();
            manager.endChanges(changes, isCopied);
        }
        copiedNs = startNs;
        adapt(System.nanoTime() - startNs);
    }

    // What is handed over too late for this round must not be lost for the next.
    private Changes takeChanges() throws IOException {
        CompletableFuture<Changes> asked = manager.takeChanges();
        try {
            return ManagerAnswers.await(asked);
        } catch (IOException e) {
            var _ = asked.thenAccept(late -> manager.endChanges(late, false));
            throw e;
        }
    }

    private void adapt(long tookNs) {
        if (roundLength > MEASURED_MIN) {
            // By half of what it could be, as the next round may be slower than this one was.
            long affordable = (long) ((double) roundLength / tookNs * roundNs / 2);
            manager.limitChanges(Math.clamp(affordable, LIMIT_MIN, LIMIT_MAX));
        } else if (isFailing) {
            manager.limitChanges(LIMIT_FIRST);
        }
    }

    private void copy(Changes changes) throws IOException {
        headerFilled = 0;
        left = 0;
        copied.clear();
        requireRoom();
        long length = ManagerAnswers.await(manager.copy(changes.records(), block));
        while (length > 0) {
            take(length);
            if (partLength >= PART_LENGTH) {
                endPart();
                requireRoom();
            }
            length = ManagerAnswers.await(manager.copy(changes.records(), block));
        }
        endPart();
        RoaringBitmap ended = RoaringBitmap.andNot(changes.ordinals(), copied);
        ended.forEach((int each) -> removeEnded(each));
        if (!changes.ordinals().isEmpty()) {
            image.notePosition(changes.position());
        }
        if (!ended.isEmpty()) {
            table.force();
        }
    }

    private void requireRoom() throws IOException {
        long usable = disk.getUsableSpace();
        if (usable < ROOM_MIN) {
            throw new IOException("disk is full: usable=" + usable + "B, needed=" + ROOM_MIN + "B");
        }
    }

    // Records follow each other without regard to blocks.
    private void take(long length) {
        partLength += length;
        roundLength += length;
        for (long at = 0; at < length;) {
            if (headerFilled < Snapshot.HEADER_LENGTH) {
                long part = Math.min(length - at, Snapshot.HEADER_LENGTH - headerFilled);
                MemorySegment.copy(block, at, header, headerFilled, part);
                headerFilled += (int) part;
                at += part;
                if (headerFilled == Snapshot.HEADER_LENGTH) {
                    begin();
                }
            } else {
                long part = Math.min(length - at, left);
                image.write(block, at, part);
                left -= part;
                at += part;
            }
            if (headerFilled == Snapshot.HEADER_LENGTH && left == 0) {
                written.put(ordinal, state(side, image.end()));
                copied.add(ordinal);
                headerFilled = 0;
            }
        }
    }

    private void begin() {
        ordinal = header.get(Snapshot.KEY_LENGTH, Snapshot.ORDINAL_OFFSET);
        side = stored[ordinal] == NONE ? 0 : 1 - sideOf(stored[ordinal]);
        left = Integer.toUnsignedLong(header.get(Snapshot.KEY_LENGTH, 8))
                + header.get(Snapshot.VALUE_LENGTH, 0);
        image.begin(ordinal, side);
        image.write(header, 0, Snapshot.HEADER_LENGTH);
    }

    // The disk has the new ones before the old ones go.
    private void endPart() throws IOException {
        if (!written.isEmpty()) {
            table.force();
            written.forEachInt((each, state) -> {
                remove(each);
                stored[each] = state;
            });
            written.clear();
        }
        partLength = 0;
    }

    // A round that failed may have left another record of it, which nobody is to find whole.
    private void removeEnded(int each) {
        remove(each);
        table.remove(each, 0, 0);
        table.remove(each, 1, 0);
        stored[each] = NONE;
    }

    private void remove(int each) {
        int old = stored[each];
        for (int piece = 0; piece < piecesOf(old); piece++) {
            table.remove(each, sideOf(old), piece);
        }
    }

    private static int state(int ofSide, int pieces) {
        return ofSide << 31 | pieces;
    }

    private static int sideOf(int state) {
        return state >>> 31;
    }

    private static int piecesOf(int state) {
        return state & Integer.MAX_VALUE;
    }
}
