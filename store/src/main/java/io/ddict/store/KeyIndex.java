package io.ddict.store;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.table.KeyTable;
import java.lang.foreign.MemorySegment;

/*
 * From a key to its entry, for the manager: by the hints, as readers find it, and by the key table
 * where the hints cannot tell. The table leads to one key of a hash, others of the same hash follow
 * in a chain through the entries.
 */

/** Finds keys, and keeps hints and table in step with the entries. The manager's thread. */
final class KeyIndex implements AutoCloseable {
    private final EntryArray entries;
    private final HintTable hints;
    private final MemoryRegion data;
    private final PoolStatus status;
    private final KeyTable table;
    private final KeyHash keyHash;
    private byte[] keyScratch = new byte[256];
    private boolean sameTagSeen;

    KeyIndex(MappedPool pool, KeyTable table) {
        this.entries = pool.entries();
        this.hints = pool.hints();
        this.data = pool.data();
        this.status = pool.status();
        this.table = table;
        this.keyHash = new KeyHash(pool.geometry().hashSeed());
    }

    /** The key's ordinal, or 0. The key is compared in place with the bytes of the region. */
    int find(long hash, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
        long tag = hints.tag(hash);
        int set = hints.set(hash);
        sameTagSeen = false;
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int ways = hints.waysOf(set, tag); ways != 0; ways &= ways - 1) {
                int ordinal = hints.ordinal(hints.way(set, Integer.numberOfTrailingZeros(ways)));
                if (ordinal != 0) {
                    if (isKeyOf(ordinal, keyTag, keyRegion, keyOffset, keyLength)) {
                        return ordinal;
                    }
                    sameTagSeen = true;
                }
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return 0;
            }
            set = hints.nextSet(set);
        }
        return findInTable(hash, keyTag, keyRegion, keyOffset, keyLength);
    }

    /** The ordinal that leads to the key of an entry, or 0. */
    int findKeyOf(int ordinal, long hash) {
        long offset = recordOffset(ordinal);
        return find(
                hash,
                RecordLayout.keyTag(data, offset),
                data,
                offset + RecordLayout.HEADER_LENGTH,
                RecordLayout.keyLength(data, offset));
    }

    /** Whether an entry's key is the one in the region. */
    boolean isKeyOf(
            int ordinal, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
        long handle = entries.handle(ordinal);
        long offset = Handle.offset(handle);
        return handle != Handle.NONE
                && RecordLayout.keyLength(data, offset) == keyLength
                && RecordLayout.keyTag(data, offset) == keyTag
                && RecordLayout.keyEquals(data, offset, keyRegion, keyOffset, keyLength);
    }

    /** Hash of a stored record's key. */
    long hashOf(long recordOffset) {
        int length = RecordLayout.keyLength(data, recordOffset);
        if (keyScratch.length < length) {
            keyScratch = new byte[length];
        }
        MemorySegment.copy(
                data.readOnlySegment(),
                JAVA_BYTE,
                recordOffset + RecordLayout.HEADER_LENGTH,
                keyScratch,
                0,
                length);
        byte tag = RecordLayout.keyTag(data, recordOffset);
        return keyHash.of(keyScratch, 0, length, tag);
    }

    /** Adds a committed entry whose key {@link #find} has just not found. */
    void addMissed(int ordinal, long hash) {
        add(ordinal, hash, sameTagSeen);
    }

    /** Adds a committed entry. */
    void add(int ordinal, long hash, boolean hashMayExist) {
        int root = hashMayExist ? table.find(hash) : 0;
        if (root == 0) {
            entries.putNext(ordinal, 0);
            table.put(hash, ordinal);
        } else {
            entries.putNext(ordinal, entries.next(root));
            entries.putNext(root, ordinal);
        }
        if (!hints.insert(hash, ordinal, recordOffset(ordinal))) {
            status.count(PoolCounter.HINTS_MISSED, 1);
        }
    }

    /** Lets a key lead to another entry, its newest version. */
    void replace(int ordinal, int newOrdinal, long hash) {
        hints.replace(hash, ordinal, newOrdinal, recordOffset(newOrdinal));
        entries.putNext(newOrdinal, entries.next(ordinal));
        int root = table.find(hash);
        if (root == ordinal) {
            table.put(hash, newOrdinal);
        } else {
            entries.putNext(before(root, ordinal), newOrdinal);
        }
        entries.putNext(ordinal, 0);
    }

    /** Takes a key away whose entry has ended. */
    void remove(int ordinal, long hash) {
        hints.remove(hash, ordinal);
        int root = table.find(hash);
        if (root == ordinal) {
            int next = entries.next(ordinal);
            if (next == 0) {
                table.remove(hash);
            } else {
                table.put(hash, next);
            }
            return;
        }
        entries.putNext(before(root, ordinal), entries.next(ordinal));
    }

    /** Notes in an entry's hint, if it has one, that its record was moved. */
    void updateHint(int ordinal) {
        long offset = recordOffset(ordinal);
        hints.update(hashOf(offset), ordinal, offset);
    }

    /** Forgets all keys. */
    void clear() {
        hints.clear();
        table.clear();
    }

    /** Adds all entries below an end that have a record. */
    void addAll(int end) {
        for (int ordinal = 1; ordinal < end; ordinal++) {
            if (entries.handle(ordinal) != Handle.NONE) {
                add(ordinal, hashOf(recordOffset(ordinal)), true);
            }
        }
    }

    @Override
    public void close() {
        table.close();
    }

    private int findInTable(
            long hash, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
        sameTagSeen = true;
        int ordinal = table.find(hash);
        while (ordinal != 0 && !isKeyOf(ordinal, keyTag, keyRegion, keyOffset, keyLength)) {
            ordinal = entries.next(ordinal);
        }
        return ordinal;
    }

    private int before(int root, int ordinal) {
        int before = root;
        while (entries.next(before) != ordinal) {
            before = entries.next(before);
        }
        return before;
    }

    private long recordOffset(int ordinal) {
        return Handle.offset(entries.handle(ordinal));
    }
}
