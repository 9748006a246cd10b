package io.ddict.manager.serving.crash;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.ddict.manager.serving.crash.RecordedRun.Recording;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/*
 * What readers in place rely on, held against every store of a recording. A reader that took an
 * entry's generation and handle may read the record for as long as the generation stays: so no byte of
 * any record that a generation ever led to may be written before the generation changes; and none
 * that was there at a pin, or came later, before the pin is gone.
 */

/** Follows the entries of a recording and finds stores that a reader would be hurt by. */
final class ReaderRules {
    private static final long ENTRIES_OFFSET = 64;
    private static final long HANDLE = 8;
    private static final long APPLIED_OFFSET = 256;
    private static final long ENTRY_COUNT_OFFSET = 512;

    private final MemorySegment data;
    private final Map<Integer, Long> generations = new HashMap<>();
    private final Map<Integer, Set<Long>> handles = new HashMap<>();
    private final Map<Integer, Long> currentHandles = new HashMap<>();
    private final Map<String, Set<Long>> pinned = new HashMap<>();
    private final List<List<View>> stale = new ArrayList<>();
    private final MemorySegment status;
    private final MemorySegment ring;
    private final PostingRing posted;

    /** Follows a recording to its end. */
    ReaderRules(Recording recording) {
        Map<String, byte[]> files = recording.image().files();
        this.data = MemorySegment.ofArray(files.get(PoolFile.DATA.fileName()).clone());
        MemorySegment entries = MemorySegment.ofArray(files.get(PoolFile.ENTRIES.fileName()));
        int count = (int) ((entries.byteSize() - ENTRIES_OFFSET) / EntryArray.ENTRY_LENGTH);
        for (int ordinal = 1; ordinal <= count; ordinal++) {
            long offset = ENTRIES_OFFSET + (ordinal - 1L) * EntryArray.ENTRY_LENGTH;
            generations.put(ordinal, entries.get(JAVA_LONG_UNALIGNED, offset));
            setHandle(ordinal, entries.get(JAVA_LONG_UNALIGNED, offset + HANDLE));
        }
        stale.add(List.of());
        this.status = recording.image().copy(PoolFile.STATUS);
        this.ring = recording.image().copy(PoolFile.RING);
        this.posted = PoolImage.ring(ring, status);
        for (Store store : recording.stores()) {
            follow(store);
            if (!recording.isTakeover() && !recording.isVersioned()) {
                checkEntryCount(store);
            }
            stale.add(staleViews());
        }
    }

    /** What readers may still go by after so many stores, though the entry has moved on. */
    List<View> staleViews(int prefix) {
        return stale.get(prefix);
    }

    private void follow(Store store) {
        if (store.file().equals(PoolFile.ENTRIES.fileName())
                && store.bytes().length == Long.BYTES) {
            int ordinal = (int) ((store.offset() - ENTRIES_OFFSET) / EntryArray.ENTRY_LENGTH) + 1;
            long field = (store.offset() - ENTRIES_OFFSET) % EntryArray.ENTRY_LENGTH;
            long value = Bytes.toLong(store.bytes());
            if (field == 0) {
                generations.put(ordinal, value);
                handles.put(ordinal, new HashSet<>());
                setHandle(ordinal, currentHandles.get(ordinal));
            } else if (field == HANDLE) {
                setHandle(ordinal, value);
            }
        } else if (store.file().equals(PoolFile.DATA.fileName())) {
            check(store);
            copy(store, data);
        } else if (store.file().equals(PoolFile.STATUS.fileName())) {
            copy(store, status);
        } else if (store.file().equals(PoolFile.RING.fileName())) {
            copy(store, ring);
        } else if (StoreLog.isLink(store.file()) && isPin(store)) {
            followPin(store);
        }
    }

    // Who sees that all is applied goes on to read how many keys there are.
    private void checkEntryCount(Store store) {
        long applied = status.get(JAVA_LONG_UNALIGNED, APPLIED_OFFSET);
        long count = status.get(JAVA_LONG_UNALIGNED, ENTRY_COUNT_OFFSET);
        long keys =
                currentHandles.values().stream().filter(handle -> handle != Handle.NONE).count();
        if (applied == posted.tail() && count != keys) {
            throw new AssertionError(
                    "all is applied and the entry count is another: entryCount="
                            + count
                            + ", keys="
                            + keys
                            + ", store="
                            + store);
        }
    }

    private static void copy(Store store, MemorySegment target) {
        MemorySegment.copy(MemorySegment.ofArray(store.bytes()), 0, target, store.offset(),
                store.bytes().length);
    }

    private void setHandle(int ordinal, long handle) {
        currentHandles.put(ordinal, handle);
        Set<Long> all = handles.computeIfAbsent(ordinal, any -> new HashSet<>());
        // A reader that meets a record on the move waits for its end.
        if (!EntryArray.isMoving(generations.get(ordinal))) {
            all.add(handle);
            pinned.values().forEach(each -> each.add(handle));
        }
    }

    private void followPin(Store store) {
        String pin = store.file() + '@' + store.offset();
        if (Bytes.toLong(store.bytes()) == 0) {
            pinned.remove(pin);
        } else {
            Set<Long> all = new HashSet<>();
            handles.values().forEach(all::addAll);
            pinned.put(pin, all);
        }
    }

    private void check(Store store) {
        handles.forEach(
                (ordinal, all) -> all.forEach(handle -> check(store, handle, "entry " + ordinal)));
        pinned.forEach((pin, all) -> all.forEach(handle -> check(store, handle, "pin " + pin)));
    }

    private void check(Store store, long handle, String who) {
        long offset = Handle.offset(handle);
        if (handle != Handle.NONE && store.offset() < offset + length(offset)
                && store.end() > offset) {
            throw new AssertionError(
                    "a record is written over while readers may look at it: by=" + who + ", store="
                            + store);
        }
    }

    private long length(long offset) {
        long lengths = data.get(JAVA_LONG_UNALIGNED, offset + Long.BYTES);
        return RecordLayout.length((int) (lengths >>> 48), lengths & ((1L << 48) - 1));
    }

    private List<View> staleViews() {
        List<View> views = new ArrayList<>();
        handles.forEach((ordinal, all) -> {
            for (long handle : all) {
                if (handle != currentHandles.get(ordinal) && handle != Handle.NONE) {
                    views.add(new View(ordinal, generations.get(ordinal), handle));
                }
            }
        });
        return views;
    }

    private static boolean isPin(Store store) {
        return store.bytes().length == Long.BYTES
                && store.offset() >= LinkLayout.pinOffset(0)
                && store.offset() < LinkLayout.pinOffset(LinkLayout.PINS);
    }

    /** What a reader took from an entry. */
    record View(int ordinal, long generation, long handle) {}
}
