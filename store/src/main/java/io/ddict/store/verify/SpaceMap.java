package io.ddict.store.verify;

import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.SizeClasses;

/*
 * Who owns which bytes of the data file: an owner per page, and for a page of a slab the size class
 * that the slab is cut for, and a bit per slot taken. An owner is the ordinal of the entry that
 * named the page first.
 */

/** Finds space that two entries claim, and handles that name no slot or block. */
final class SpaceMap {
    // As the allocator has it: slabs of four pages, aligned to their length.
    private static final int SLAB_PAGES = 4;
    private static final int SLAB_LENGTH = SLAB_PAGES * PoolGeometry.PAGE_LENGTH;
    private static final int SLOT_WORDS = SLAB_LENGTH / 16 / Long.SIZE;

    private final Violations violations;
    private final int[] owners;
    private final byte[] slabClasses;
    private final long[][] slots;
    private long inlineRecords;
    private long inlineBytes;
    private long slabBytes;
    private long blocks;
    private long blockBytes;

    /** Makes the map of the reserved part of a data file. */
    SpaceMap(long reservedLength, Violations violations) {
        int pages = (int) (reservedLength / PoolGeometry.PAGE_LENGTH);
        this.violations = violations;
        this.owners = new int[pages];
        this.slabClasses = new byte[pages / SLAB_PAGES];
        this.slots = new long[pages / SLAB_PAGES][];
    }

    /** Takes the slot of an entry's record. */
    void takeSlot(int ordinal, long offset, int sizeClass, long recordLength) {
        if (sizeClass >= SizeClasses.COUNT || sizeClass != SizeClasses.ofLength(recordLength)) {
            violations.add(
                    "record is of another size class than its handle: ordinal="
                            + ordinal
                            + ", sizeClass="
                            + sizeClass
                            + ", recordLength="
                            + recordLength
                            + "B");
            return;
        }
        int slab = (int) (offset / SLAB_LENGTH);
        int within = (int) (offset % SLAB_LENGTH);
        int slotLength = SizeClasses.length(sizeClass);
        int slot = within / slotLength;
        boolean isSlot = within % slotLength == 0 && slot < SLAB_LENGTH / slotLength;
        if (slab < 1 || slab >= slots.length || !isSlot) {
            violations.add(
                    "handle names no slot: ordinal="
                            + ordinal
                            + ", offset="
                            + offset
                            + "B, sizeClass="
                            + sizeClass);
        } else if (isInSlab(ordinal, slab, sizeClass)) {
            takeSlot(ordinal, slab, slot, slotLength);
        }
    }

    /** Takes the block of an entry's record. */
    void takeBlock(int ordinal, long offset, long recordLength) {
        long pages = (recordLength + PoolGeometry.PAGE_LENGTH - 1) / PoolGeometry.PAGE_LENGTH;
        long first = offset / PoolGeometry.PAGE_LENGTH;
        if (offset % PoolGeometry.PAGE_LENGTH != 0 || first < 1 || first + pages > owners.length) {
            violations.add(
                    "handle names no block: ordinal="
                            + ordinal
                            + ", offset="
                            + offset
                            + "B, pages="
                            + pages);
            return;
        }
        for (int page = (int) first; page < first + pages; page++) {
            if (owners[page] != 0) {
                addOverlap(ordinal, page);
                return;
            }
            owners[page] = ordinal;
        }
        blocks++;
        blockBytes += pages * PoolGeometry.PAGE_LENGTH;
    }

    long inlineRecords() {
        return inlineRecords;
    }

    long inlineBytes() {
        return inlineBytes;
    }

    long slabBytes() {
        return slabBytes;
    }

    long blocks() {
        return blocks;
    }

    long blockBytes() {
        return blockBytes;
    }

    /** Bytes of pages without an owner; page 0 holds the file's header. */
    long freeBytes() {
        return Math.max(0, owners.length - 1L) * PoolGeometry.PAGE_LENGTH - slabBytes - blockBytes;
    }

    private boolean isInSlab(int ordinal, int slab, int sizeClass) {
        int first = slab * SLAB_PAGES;
        if (slots[slab] == null) {
            for (int page = first; page < first + SLAB_PAGES; page++) {
                if (owners[page] != 0) {
                    addOverlap(ordinal, page);
                    return false;
                }
            }
            for (int page = first; page < first + SLAB_PAGES; page++) {
                owners[page] = ordinal;
            }
            slots[slab] = new long[SLOT_WORDS];
            slabClasses[slab] = (byte) sizeClass;
            slabBytes += SLAB_LENGTH;
        } else if (slabClasses[slab] != sizeClass) {
            violations.add(
                    "slab holds records of two size classes: ordinal="
                            + ordinal
                            + ", other="
                            + owners[first]
                            + ", page="
                            + first
                            + ", sizeClass="
                            + sizeClass
                            + ", otherSizeClass="
                            + slabClasses[slab]);
            return false;
        }
        return true;
    }

    private void takeSlot(int ordinal, int slab, int slot, int slotLength) {
        long bit = 1L << (slot & 63);
        if ((slots[slab][slot >>> 6] & bit) != 0) {
            violations.add(
                    "two entries refer to one slot: ordinal="
                            + ordinal
                            + ", page="
                            + slab * SLAB_PAGES
                            + ", slot="
                            + slot);
            return;
        }
        slots[slab][slot >>> 6] |= bit;
        inlineRecords++;
        inlineBytes += slotLength;
    }

    private void addOverlap(int ordinal, int page) {
        violations.add(
                "space of two entries overlaps: ordinal="
                        + ordinal
                        + ", other="
                        + owners[page]
                        + ", page="
                        + page);
    }
}
