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
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/*
 * From a key to its entry, for the manager: by the hints, as readers find it, and by the key table for
 * the keys that found no place there. The table leads to one key of a hash, others of the same hash
 * follow in a chain through the entries.
 */

/** Finds keys, and keeps hints and table in step with the entries. The manager's thread. */
final class KeyIndex implements AutoCloseable {
    private static final String TABLE_FILE = "table";

    private final EntryArray entries;
    private final HintTable hints;
    private final MemoryRegion data;
    private final PoolStatus status;
    private final KeyTable table;
    private final KeyHash keyHash;
    private final int tableKeysMax;
    private int tableKeys;
    private byte[] keyScratch = new byte[256];

    KeyIndex(MappedPool pool) throws IOException {
        this.entries = pool.entries();
        this.hints = pool.hints();
        this.data = pool.data();
        this.status = pool.status();
        this.keyHash = new KeyHash(pool.geometry().hashSeed());
        this.tableKeysMax = pool.geometry().tableKeysMax();
        Path file = pool.directory().resolve(TABLE_FILE);
        // One that was left behind is of no use: the entries are the truth.
        Files.deleteIfExists(file);
        this.table = KeyTable.create(file, tableKeysMax);
    }

    /** The key's ordinal, or 0. The key is compared in place with the bytes of the region. */
    int find(long hash, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
        long tag = hints.tag(hash);
        int set = hints.set(hash);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int ways = hints.waysOf(set, tag); ways != 0; ways &= ways - 1) {
                int ordinal = hints.ordinal(hints.way(set, Integer.numberOfTrailingZeros(ways)));
                if (ordinal != 0
                        && isKeyOf(ordinal, keyTag, keyRegion, keyOffset, keyLength)) {
                    return ordinal;
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

    /** Adds a committed entry of a key that is not there. */
    void add(int ordinal, long hash) {
        if (hints.insert(hash, ordinal, recordOffset(ordinal))) {
            entries.putNext(ordinal, 0);
            return;
        }
        status.count(PoolCounter.HINTS_MISSED, 1);
        int root = table.find(hash);
        if (root == 0) {
            entries.putNext(ordinal, 0);
            table.put(hash, ordinal);
            tableKeys++;
        } else {
            entries.putNext(ordinal, entries.next(root));
            entries.putNext(root, ordinal);
        }
    }

    /** Lets a key lead to another entry, its newest version. */
    void replace(int ordinal, int newOrdinal, long hash) {
        entries.putNext(newOrdinal, entries.next(ordinal));
        if (!hints.replace(hash, ordinal, newOrdinal, recordOffset(newOrdinal))) {
            int root = table.find(hash);
            if (root == ordinal) {
                table.put(hash, newOrdinal);
            } else {
                entries.putNext(before(root, ordinal), newOrdinal);
            }
        }
        entries.putNext(ordinal, 0);
    }

    /** Takes a key away whose entry has ended. */
    void remove(int ordinal, long hash) {
        if (hints.remove(hash, ordinal)) {
            return;
        }
        int root = table.find(hash);
        int next = entries.next(ordinal);
        if (root != ordinal) {
            entries.putNext(before(root, ordinal), next);
        } else if (next != 0) {
            table.put(hash, next);
        } else {
            boolean _ = table.remove(hash);
            tableKeys--;
        }
    }

    /** Notes in an entry's hint, if it has one, that its record was moved. */
    void updateHint(int ordinal) {
        long offset = recordOffset(ordinal);
        hints.update(hashOf(offset), ordinal, offset);
    }

    /** Forgets all keys. */
    void clear() {
        hints.clear();
        if (tableKeys > 0) {
            table.clear();
            tableKeys = 0;
        }
    }

    /** Whether the table has no room for so many keys; it has while all keys have hints. */
    boolean isTableFull(int keys) {
        return tableKeys > 0 && tableKeysMax - tableKeys <= keys;
    }

    /** Adds all entries below an end that have a record. */
    void addAll(int end) {
        for (int ordinal = 1; ordinal < end; ordinal++) {
            if (entries.handle(ordinal) != Handle.NONE) {
                add(ordinal, hashOf(recordOffset(ordinal)));
            }
        }
    }

    @Override
    public void close() {
        table.close();
    }

    private int findInTable(
            long hash, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
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
