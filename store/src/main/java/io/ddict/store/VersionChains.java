package io.ddict.store;

import io.ddict.store.checkpoint.Checkpoints;
import io.ddict.store.checkpoint.Retirement;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.VersionArray;
import io.ddict.store.pool.WorkingSet;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/*
 * A key's versions hang in a chain, the newest first; hint and key table lead to that one. Each is an
 * entry with a record of its own.
 *
 * An operation at a checkpoint aims first: it walks from the newest version to the one that the
 * checkpoint sees, which is the first that was put at it or before. If that was put at this very
 * checkpoint its entry gets the new record, as in a pool without versions; else the operation brings a
 * version, that goes between the seen one and the one above. The commit is the entry's handle in both
 * cases; links, hints and sets follow and are derived.
 *
 * What nobody sees any more is pruned from the old end of a chain, the oldest first: so whatever is
 * left after a crash, no version comes back that a newer one hides.
 */

/** The versions of the keys of a pool that holds several checkpoints. The manager's thread. */
final class VersionChains {
    private static final int NONE = 0;

    private final MemoryPool pool;
    private final EntryArray entries;
    private final VersionArray versions;
    private final KeyIndex index;
    private final MemoryRegion data;
    private final WorkingSet rules;
    private final Checkpoints checkpoints;
    private final PoolStatus status;
    private long checkpoint;
    private boolean persistent;
    private int root;
    private int above;
    private int seen;
    private int[] chain = new int[16];
    private int pruneFrom;

    VersionChains(MemoryPool pool, VersionArray versions) {
        this.pool = pool;
        this.versions = versions;
        this.entries = pool.mapped().entries();
        this.index = pool.index();
        this.data = pool.mapped().data();
        this.status = pool.mapped().status();
        this.rules = pool.mapped().geometry().workingSet();
        this.checkpoints = new Checkpoints(rules);
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    /** Looks for the version that a checkpoint sees, from the newest one on; sets what others return. */
    void aim(int newest, long at, boolean persistentValue) {
        checkpoint = at;
        persistent = persistentValue;
        root = newest;
        above = NONE;
        seen = newest;
        while (seen != NONE && versions.from(seen) > at) {
            above = seen;
            seen = versions.older(seen);
        }
    }

    /** The version that the checkpoint sees, if it has a value; or 0. */
    int seenValue() {
        return seen == NONE || isMark(seen) || !isSeenFrom(seen, checkpoint) ? NONE : seen;
    }

    /**
     * The version whose entry takes what is put at the checkpoint, or 0: the one that was put there. At
     * the oldest checkpoint it is the one that is seen there, whenever put, as nobody sees it apart.
     */
    int exact() {
        boolean takes = seen != NONE
                && (versions.from(seen) == checkpoint
                        || checkpoint == checkpoints.oldest() && !rules.waitsForKeys());
        return takes ? seen : NONE;
    }

    /** Whether what the checkpoint sees, be it a mark, came after a position. */
    boolean isSeenAfter(long position) {
        return seen != NONE && RecordLayout.version(data, offset(seen)) > position;
    }

    /** Whether the checkpoint has neither a value nor a mark of a key that is waited for. */
    boolean isAwaited() {
        return rules.waitsForKeys()
                && (seen == NONE || !isMark(seen) && !isSeenFrom(seen, checkpoint));
    }

    /** Whether an entry is the newest version of its key. */
    boolean isNewest(int ordinal) {
        return versions.to(ordinal) == VersionArray.NEVER;
    }

    private boolean isSeenFrom(int ordinal, long at) {
        return !rules.waitsForKeys()
                || versions.from(ordinal) == at
                || versions.isPersistent(ordinal);
    }

    /** Whether a removal at the checkpoint leaves a mark, as it would see an older value without. */
    boolean leavesMark() {
        if (rules.waitsForKeys() || exact() == NONE) {
            return true;
        }
        int older = versions.older(seen);
        return older != NONE && !isMark(older);
    }

    /** Before a version's entry is committed. */
    void prepare(int ordinal, long position) {
        versions.write(
                ordinal,
                checkpoint,
                above == NONE ? VersionArray.NEVER : versions.from(above),
                position,
                seen,
                persistent);
    }

    /** After it: links it, so that it is found; whether its key is a new one, that has no hint yet. */
    boolean link(int ordinal, long hash) {
        boolean isNewKey = root == NONE;
        insert(ordinal, hash);
        add(ordinal, isMark(ordinal));
        return isNewKey;
    }

    private void insert(int ordinal, long hash) {
        if (above != NONE) {
            versions.publishOlder(above, ordinal);
        } else if (root != NONE) {
            index.replace(root, ordinal, hash);
        }
        if (seen != NONE) {
            long to = versions.to(seen);
            versions.publishTo(seen, checkpoint);
            checkpoints.cut(seen, versions.from(seen), to, checkpoint);
        }
    }

    private void add(int ordinal, boolean isMark) {
        if (isMark) {
            checkpoints.addMark(ordinal, versions.from(ordinal));
        } else {
            checkpoints.addValue(
                    ordinal,
                    versions.from(ordinal),
                    versions.to(ordinal),
                    versions.isPersistent(ordinal));
        }
    }

    /** Before a version's entry gets another record at the same checkpoint. */
    void prepareOverwrite(int ordinal, long record, long position) {
        boolean wasMark = isMark(ordinal);
        boolean becomesMark = isMarkAt(Handle.offset(record));
        if (wasMark && !becomesMark) {
            // For iterations that began before it is a key that was not there.
            entries.putCreated(ordinal, position);
        }
        if (wasMark != becomesMark || versions.isPersistent(ordinal) != persistent) {
            checkpoints.forget(ordinal, versions.from(ordinal), versions.to(ordinal));
            versions.putPersistent(ordinal, persistent);
            add(ordinal, becomesMark);
        }
    }

    /** Ends the seen version, which hides no value: unlinks it, then ends its entry. */
    void unlinkSeen(long hash, long position) {
        int below = versions.older(seen);
        if (above != NONE) {
            versions.publishOlder(above, below);
        } else if (below != NONE) {
            index.replace(seen, below, hash);
        }
        if (below != NONE) {
            versions.publishTo(below, versions.to(seen));
        }
        checkpoints.forget(seen, versions.from(seen), versions.to(seen));
        pool.end(seen, hash, position, above == NONE && below == NONE);
    }

    /**
     * Ends every key that has a value at a checkpoint and was not put after a position.
     *
     * @return whether there was room for the marks; if not, nothing was changed
     */
    boolean clear(long at, long position) {
        RoaringBitmap keys = checkpoints.at(at).clone();
        Map<Integer, Long> blocks = new HashMap<>();
        boolean hasRoom = hasRoomForMarks(keys, at, blocks);
        for (PeekableIntIterator each = keys.getIntIterator(); hasRoom && each.hasNext();) {
            int ordinal = each.next();
            if (RecordLayout.version(data, offset(ordinal)) <= position) {
                clear(ordinal, at, blocks, position);
            }
        }
        blocks.values().stream().filter(each -> each != Handle.NONE).map(Handle::page)
                .forEach(page -> pool.freeBlock(page, -pool.extents().span(page)));
        return hasRoom;
    }

    private void clear(int ordinal, long at, Map<Integer, Long> blocks, long position) {
        long recordOffset = offset(ordinal);
        int keyLength = RecordLayout.keyLength(data, recordOffset);
        long hash = index.hashOf(recordOffset);
        aim(index.findKeyOf(ordinal, hash), at, false);
        if (leavesMark()) {
            Long block = blocks.remove(ordinal);
            long record = block == null ? pool.allocate(keyLength, 0) : block;
            if (!storeMark(
                    record, data, recordOffset + RecordLayout.HEADER_LENGTH, keyLength,
                    RecordLayout.keyTag(data, recordOffset), hash, position)) {
                throw new IllegalStateException(
                        "no room for a deletion mark: keyLength=" + keyLength + "B");
            }
        } else {
            unlinkSeen(hash, position);
        }
        status.count(PoolCounter.REMOVALS, 1);
    }

    /** Stores a mark at the checkpoint aimed at, in a record for the key of a posted operation. */
    boolean storeMark(Operation operation, long record, long position) {
        return storeMark(
                record, operation.region(), operation.keyOffset(), operation.keyLength(),
                operation.keyTag(), operation.hash(), position);
    }

    private boolean storeMark(
            long record,
            MemoryRegion region,
            long keyOffset,
            int keyLength,
            byte keyTag,
            long hash,
            long position) {
        int ordinal = exact();
        int target = pool.target(ordinal, record);
        if (target == NONE) {
            return false;
        }
        long offset = Handle.offset(record);
        data.copyFrom(
                offset + RecordLayout.HEADER_LENGTH, region.readOnlySegment(), keyOffset,
                keyLength);
        RecordLayout.writeHeader(
                data, offset, position + 1, keyLength, 0, target, keyTag,
                RecordLayout.TAG_DELETED);
        pool.commit(ordinal, target, record, hash, position);
        return true;
    }

    // Long keys' marks get their blocks at once.
    private boolean hasRoomForMarks(RoaringBitmap keys, long at, Map<Integer, Long> blocks) {
        int[] marksOfClass = new int[SizeClasses.COUNT];
        int newEntries = 0;
        for (PeekableIntIterator each = keys.getIntIterator(); each.hasNext();) {
            int ordinal = each.next();
            aim(ordinal, at, false);
            if (leavesMark()) {
                int keyLength = RecordLayout.keyLength(data, offset(ordinal));
                newEntries += exact() == NONE ? 1 : 0;
                if (SizeClasses.isSmall(keyLength, 0)) {
                    marksOfClass[SizeClasses.ofLength(RecordLayout.length(keyLength, 0))]++;
                } else {
                    blocks.put(ordinal, pool.allocate(keyLength, 0));
                }
            }
        }
        return !blocks.containsValue(Handle.NONE) && pool.hasRoom(marksOfClass, newEntries);
    }

    /**
     * Ends all versions that nobody sees any more and nothing posted can concern, so many at most.
     *
     * @param position the applied position, published
     * @return whether there is more to do
     */
    boolean prune(long position, int limit) {
        Retirement due = checkpoints.due(position);
        if (due == null) {
            return false;
        }
        due.start();
        PeekableIntIterator candidates = due.candidates().getIntIterator();
        candidates.advanceIfNeeded(pruneFrom);
        for (int left = limit; left > 0 && candidates.hasNext(); left--) {
            int ordinal = candidates.next();
            pruneFrom = ordinal + 1;
            if (entries.handle(ordinal) != Handle.NONE) {
                pruneKey(ordinal, due.oldest(), position);
            }
        }
        if (!candidates.hasNext()) {
            pruneFrom = 0;
            checkpoints.end(due);
        }
        return checkpoints.due(position) != null;
    }

    private void pruneKey(int ordinal, long oldest, long position) {
        long hash = index.hashOf(offset(ordinal));
        aim(index.findKeyOf(ordinal, hash), oldest, false);
        if (seen == NONE) {
            return;
        }
        int last = above;
        int first = seen;
        if (isOfUse(seen, oldest)) {
            last = seen;
            first = versions.older(seen);
        }
        if (first == NONE) {
            return;
        }
        if (last != NONE) {
            versions.publishOlder(last, NONE);
        }
        endOldestFirst(first, hash, position, last == NONE);
    }

    // Marks are, where keys are waited for, at the oldest checkpoint itself.
    private boolean isOfUse(int ordinal, long oldest) {
        return isMark(ordinal)
                ? rules.waitsForKeys() && versions.from(ordinal) == oldest
                : isSeenFrom(ordinal, oldest);
    }

    private void endOldestFirst(int first, long hash, long position, boolean endsKey) {
        int length = 0;
        for (int each = first; each != NONE; each = versions.older(each)) {
            if (length == chain.length) {
                chain = Arrays.copyOf(chain, 2 * length);
            }
            chain[length++] = each;
        }
        status.count(PoolCounter.VERSIONS_PRUNED, length);
        for (int i = length - 1; i >= 0; i--) {
            checkpoints.forget(chain[i], versions.from(chain[i]), versions.to(chain[i]));
            pool.end(chain[i], hash, position, endsKey && i == 0);
        }
    }

    /** Begins anew at a checkpoint, without any version. */
    void restart(long at) {
        checkpoints.restart(at);
        pruneFrom = 0;
    }

    /** Recovery: links a version that was found among those of its key found before. */
    boolean adopt(int ordinal, long hash) {
        aim(index.findKeyOf(ordinal, hash), versions.from(ordinal), false);
        if (seen != NONE && versions.from(seen) == checkpoint) {
            return false;
        }
        versions.write(
                ordinal,
                checkpoint,
                above == NONE ? VersionArray.NEVER : versions.from(above),
                versions.began(ordinal),
                seen,
                versions.isPersistent(ordinal));
        if (root == NONE) {
            index.add(ordinal, hash);
        } else if (above != NONE) {
            versions.publishOlder(above, ordinal);
        } else {
            index.replace(root, ordinal, hash);
        }
        if (seen != NONE) {
            versions.publishTo(seen, checkpoint);
        }
        return true;
    }

    /** Recovery: notes what a version is live at, once all are linked. */
    void countAdopted(int ordinal) {
        add(ordinal, isMark(ordinal));
    }

    private boolean isMark(int ordinal) {
        return isMarkAt(offset(ordinal));
    }

    private boolean isMarkAt(long offset) {
        return RecordLayout.valueTag(data, offset) == RecordLayout.TAG_DELETED;
    }

    private long offset(int ordinal) {
        return Handle.offset(entries.handle(ordinal));
    }
}
