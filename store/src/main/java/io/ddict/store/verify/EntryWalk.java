package io.ddict.store.verify;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.VersionArray;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Walks the entries: their records, their space, their keys and the chains of equal hashes. */
final class EntryWalk {
    private final MappedPool pool;
    private final EntryArray entries;
    private final PoolStatus status;
    private final MemoryRegion data;
    private final Violations violations;
    private final KeyHash keyHash;
    private final SpaceMap space;
    private final @Nullable SpaceMap disk;
    private final long dataReserved;
    private final long entriesReserved;
    private final int ordinalEnd;
    private final BitSet keys = new BitSet();
    private final long[] hashes;
    private final int[] sameHash;
    private final Map<Long, Integer> lastOfHash = new HashMap<>();
    private final @Nullable VersionWalk versions;

    EntryWalk(MappedPool pool, Violations violations) {
        this.pool = pool;
        this.entries = pool.entries();
        this.status = pool.status();
        this.data = pool.data();
        this.violations = violations;
        this.keyHash = new KeyHash(pool.geometry().hashSeed());
        this.dataReserved = reserved(pool, PoolFile.DATA);
        this.entriesReserved = reserved(pool, PoolFile.ENTRIES);
        this.space = new SpaceMap(dataReserved, violations);
        MemoryRegion spill = pool.spill();
        this.disk = spill == null ? null : new SpaceMap(spill.length(), violations);
        this.ordinalEnd = checkedOrdinalEnd(pool.geometry().entriesMax());
        this.hashes = new long[ordinalEnd];
        this.sameHash = new int[ordinalEnd];
        VersionArray several = pool.versions();
        this.versions = several == null ? null : new VersionWalk(pool, several, violations);
    }

    /** Walks all of them. */
    void run() {
        for (int ordinal = 1; ordinal < ordinalEnd; ordinal++) {
            long handle = entries.handle(ordinal);
            if (EntryArray.isMoving(entries.generation(ordinal))) {
                violations.add("record is being moved: " + at(ordinal, handle));
            }
            if (handle != Handle.NONE) {
                checkEntry(ordinal, handle);
            }
        }
        if (versions != null) {
            versions.run();
            // From here on a key is its newest version: hints and chains lead to that.
            keys.clear();
            versions.newestOfKeys().forEach(keys::set);
        }
        checkUnused();
        checkLevels();
    }

    /**
     * Checks that keys without a hint form a chain with those of the same hash, which one of them ends, and
     * that no other key is in one; after {@link #run}.
     */
    void checkChains(BitSet unhinted) {
        BitSet reached = new BitSet();
        for (int last : lastOfHash.values()) {
            int ends = 0;
            int members = 0;
            for (int ordinal = last; ordinal != 0; ordinal = sameHash[ordinal]) {
                if (isKey(ordinal)) {
                    int next = entries.next(ordinal);
                    ends += next == 0 && unhinted.get(ordinal) ? 1 : 0;
                    members += unhinted.get(ordinal) ? 1 : 0;
                    checkLink(ordinal, next, unhinted, reached);
                }
            }
            if (members > 0 && ends != 1) {
                violations.add(
                        "chain of equal hashes has not one end: ordinal=" + last + ", ends="
                                + ends);
            }
        }
    }

    private void checkLink(int ordinal, int next, BitSet unhinted, BitSet reached) {
        if (next == 0) {
            return;
        }
        boolean isChained = unhinted.get(ordinal) && next > 0 && isKey(next) && unhinted.get(next);
        if (!isChained || hashes[next] != hashes[ordinal] || reached.get(next)) {
            violations.add(
                    "chain of equal hashes is broken: ordinal=" + ordinal + ", next=" + next);
        } else {
            reached.set(next);
        }
    }

    /** Whether an ordinal is that of a key, or its newest version, whose record is whole. */
    boolean isKey(int ordinal) {
        return keys.get(ordinal);
    }

    /** Where a key's record is in the data file. */
    long recordOffset(int ordinal) {
        return Handle.offset(entries.handle(ordinal));
    }

    /** The hash of a key's bytes. */
    long hash(int ordinal) {
        return hashes[ordinal];
    }

    /** Ordinals are below this. */
    int ordinalEnd() {
        return ordinalEnd;
    }

    /** How many keys there are, at the newest checkpoint. */
    long keyCount() {
        return versions == null ? keys.cardinality() : versions.valueCount();
    }

    /** What the records take. */
    SpaceMap space() {
        return space;
    }

    // What is not reserved is never touched, so a wrong length must not be believed.
    private long reserved(MappedPool pool, PoolFile file) {
        long reserved = status.reserved(file);
        long length = pool.geometry().fileLength(file);
        if (reserved < 0 || reserved > length) {
            violations.add(
                    "reserved length is not within its file: file="
                            + file.fileName()
                            + ", reserved="
                            + reserved
                            + "B, length="
                            + length
                            + "B");
            return 0;
        }
        return reserved;
    }

    private int checkedOrdinalEnd(int entriesMax) {
        int end = Math.max(1, status.ordinalEnd());
        boolean isReserved = end == 1 || EntryArray.lengthThrough(end - 1) <= entriesReserved;
        if (status.ordinalEnd() < 0 || end - 1 > entriesMax || !isReserved) {
            violations.add(
                    "ordinal end is not within the entries: ordinalEnd="
                            + status.ordinalEnd()
                            + ", entriesMax="
                            + entriesMax
                            + ", reserved="
                            + entriesReserved
                            + "B");
            return 1;
        }
        return end;
    }

    private void checkEntry(int ordinal, long handle) {
        long offset = Handle.offset(handle);
        // A handle that is no multiple of 8, or outside, must not be followed.
        if (offset < PoolGeometry.PAGE_LENGTH
                || offset % Long.BYTES != 0
                || offset > dataReserved - RecordLayout.HEADER_LENGTH) {
            violations.add(
                    "handle is not within the reserved data: "
                            + at(ordinal, handle)
                            + ", reserved="
                            + dataReserved
                            + "B");
            return;
        }
        if (!RecordLayout.isIntact(data, offset)) {
            violations.add("record is not intact: " + at(ordinal, handle));
            return;
        }
        int keyLength = RecordLayout.keyLength(data, offset);
        long length = RecordLayout.length(keyLength, RecordLayout.valueLength(data, offset));
        if (length > dataReserved - offset) {
            violations.add(
                    "record ends beyond the reserved data: "
                            + at(ordinal, handle)
                            + ", length="
                            + length
                            + "B, reserved="
                            + dataReserved
                            + "B");
            return;
        }
        if (Handle.isBlock(handle)) {
            space.takeBlock(ordinal, offset, length);
        } else {
            space.takeSlot(ordinal, offset, Handle.sizeClass(handle), length);
        }
        checkAway(ordinal, offset, keyLength);
        if (RecordLayout.ordinal(data, offset) != ordinal) {
            violations.add(
                    "record is of another entry: "
                            + at(ordinal, handle)
                            + ", ordinalOfRecord="
                            + RecordLayout.ordinal(data, offset));
            return;
        }
        checkVersion(ordinal, offset);
        addKey(ordinal, offset, keyLength);
    }

    private void checkAway(int ordinal, long offset, int keyLength) {
        byte valueTag = RecordLayout.valueTag(data, offset);
        long valueLength = RecordLayout.valueLength(data, offset);
        long start = offset + RecordLayout.valueOffset(keyLength);
        if (valueTag == RecordLayout.TAG_SPILLED && valueLength >= RecordLayout.SPILLED_LENGTH) {
            takeSpilled(ordinal, start);
        } else if (valueTag == RecordLayout.TAG_LENT && valueLength == RecordLayout.LENT_LENGTH) {
            checkLent(ordinal, start, keyLength);
        }
    }

    private void takeSpilled(int ordinal, long start) {
        if (disk == null) {
            violations.add("value is on a disk of a pool that has none: ordinal=" + ordinal);
        } else {
            disk.takeBlock(
                    ordinal,
                    RecordLayout.awayOffset(data, start),
                    RecordLayout.awayLength(data, start));
        }
    }

    private void checkLent(int ordinal, long start, int keyLength) {
        int lender = RecordLayout.lender(data, start);
        long offset =
                RecordLayout.awayOffset(data, start) - RecordLayout.valueOffset(keyLength);
        String what = null;
        try {
            MemoryRegion lent = new MemoryRegion(pool.dataOf(lender));
            if (!Handle.isBlockStart(offset)
                    || !RecordLayout.isIntact(lent, offset)
                    || RecordLayout.version(lent, offset) != RecordLayout.lentVersion(data, start)
                    || RecordLayout.valueLength(lent, offset)
                            != RecordLayout.awayLength(data, start)) {
                what = "another record is there";
            }
        } catch (IOException | PoolDamagedException e) {
            what = e.toString();
        }
        if (what != null) {
            violations.add(
                    "lent value is not where it should be: ordinal=" + ordinal + ", lender="
                            + lender + ", offset=" + offset + ", cause=" + what);
        }
    }

    private void checkVersion(int ordinal, long offset) {
        long version = RecordLayout.version(data, offset);
        long created = entries.created(ordinal);
        if (version < 1 || version > status.applied()) {
            violations.add(
                    "version is not that of an applied operation: ordinal="
                            + ordinal
                            + ", version="
                            + version
                            + ", applied="
                            + status.applied());
        }
        if (created < 0 || created >= version) {
            violations.add(
                    "key was created after its version: ordinal="
                            + ordinal
                            + ", created="
                            + created
                            + ", version="
                            + version);
        }
    }

    private void addKey(int ordinal, long offset, int keyLength) {
        long hash = hashOf(offset, keyLength);
        Integer last = lastOfHash.put(hash, ordinal);
        keys.set(ordinal);
        hashes[ordinal] = hash;
        sameHash[ordinal] = last == null ? 0 : last;
        int sameKey = 0;
        for (int other = sameHash[ordinal]; other != 0; other = sameHash[other]) {
            long otherOffset = Handle.offset(entries.handle(other));
            if (RecordLayout.keyTag(data, otherOffset) == RecordLayout.keyTag(data, offset)
                    && RecordLayout.keyLength(data, otherOffset) == keyLength
                    && RecordLayout.keyEquals(
                            data, otherOffset, data, offset + RecordLayout.HEADER_LENGTH,
                            keyLength)) {
                sameKey = other;
            }
        }
        if (versions != null) {
            versions.add(ordinal, sameKey);
        } else if (sameKey != 0) {
            violations.add(
                    "two entries have one key: ordinal="
                            + ordinal
                            + ", other="
                            + sameKey
                            + ", hash=0x"
                            + Long.toHexString(hash));
        }
    }

    private long hashOf(long offset, int keyLength) {
        byte[] key = new byte[keyLength];
        MemorySegment.copy(
                data.readOnlySegment(),
                JAVA_BYTE,
                offset + RecordLayout.HEADER_LENGTH,
                key,
                0,
                keyLength);
        return keyHash.of(key, 0, keyLength, RecordLayout.keyTag(data, offset));
    }

    private void checkUnused() {
        for (int ordinal = ordinalEnd; ordinal > 0
                && EntryArray.lengthThrough(ordinal) <= entriesReserved; ordinal++) {
            if (entries.handle(ordinal) != Handle.NONE
                    || entries.created(ordinal) != 0
                    || entries.generation(ordinal) != 0) {
                violations.add(
                        "entry beyond the ordinal end is in use: "
                                + at(ordinal, entries.handle(ordinal))
                                + ", ordinalEnd="
                                + ordinalEnd);
            }
        }
    }

    private void checkLevels() {
        if (status.slideOrdinal() != 0) {
            violations.add("slide is not finished: ordinal=" + status.slideOrdinal());
        }
        if (status.entryCount() != keyCount()) {
            violations.add(
                    "entry count is not the number of keys: entryCount="
                            + status.entryCount()
                            + ", keys="
                            + keyCount());
        }
    }

    private static String at(int ordinal, long handle) {
        return "ordinal=" + ordinal + ", handle=0x" + Long.toHexString(handle);
    }
}
