package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.Scratch;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.Heat;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.VersionArray;
import io.ddict.store.pool.WorkingSet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * A read in place, step by step:
 *
 *   1. the key's posting mark, then the applied position: unless a write of its bucket waits, go on;
 *      else look which of the waiting operations may be of this key, and wait for the last of them
 *   2. probe the hint sets for the tag; each hit names an entry
 *   3. entry: generation, handle; record: header, bounds, key; the generation again
 *   4. copy the value; the generation again: unchanged, and the copy is one that was there
 *
 * In a pool that holds several checkpoints step 3 goes on from the key's newest version to the one that
 * the call's checkpoint sees, each looked at in the same way.
 *
 * A copy that was torn is thrown away and done again; the second time under a pin, which keeps the
 * space of whatever is replaced from being used again, so that it cannot tear.
 */

/** Finds and copies records of one shard, without a message. Safe from any thread. */
final class ShardReader {
    private static final int DIFFERENT = 0;
    private static final int EQUAL = 1;
    private static final int CHANGED = 2;

    // Copies this long are likely to be overtaken by a busy writer: pinned from the start.
    private static final long PINNED_LENGTH_MIN = 256 << 10;
    private static final int UNPINNED_ATTEMPTS = 2;
    private static final String VERSIONS_CHANGED = "the versions of this key changed all the time";
    private static final String WRITE_OF_KEY = "a write of this key was not applied in time";
    private static final String MOVED = "a large value was being moved";

    // A chain is as long as the working set, and a few more; what is longer changes while it is read.
    private static final int HOPS_MAX = 2 * WorkingSet.SIZE_MAX;

    private final PoolStatus status;
    private final PostingRing ring;
    private final MappedPool pool;
    private final EntryArray entries;
    private final @Nullable VersionArray versions;
    private final WorkingSet workingSet;
    private final KeyHash keyHash;
    private final HintTable hints;
    private final MemoryRegion data;
    private final @Nullable MemoryRegion spill;
    private final @Nullable Heat heat;
    private final Pins pins;
    private final ShmChannel channel;
    private final long owner;

    ShardReader(ShmChannel channel, MappedPool pool, Pins pins) {
        this.channel = channel;
        this.pool = pool;
        this.status = pool.status();
        this.owner = status.owner();
        this.ring = pool.ring();
        this.entries = pool.entries();
        this.versions = pool.versions();
        this.workingSet = pool.geometry().workingSet();
        this.keyHash = new KeyHash(pool.geometry().hashSeed());
        this.hints = pool.hints();
        this.data = pool.data();
        this.spill = pool.spill();
        this.heat = pool.heat();
        this.pins = pins;
    }

    @Nullable Object get(CallContext call, ValueReader reader) {
        for (int attempt = 0;; attempt++) {
            if (!find(call)) {
                return null;
            }
            if (isPinWorthwhile(call, attempt)) {
                return getPinned(call, reader);
            }
            Object value = tryRead(call, reader);
            if (value != null) {
                return value;
            }
        }
    }

    long get(CallContext call, MemorySegment buffer) {
        for (int attempt = 0;; attempt++) {
            if (!find(call)) {
                return -1;
            }
            FoundRecord found = call.found();
            if (found.valueLength > buffer.byteSize()) {
                throw new IllegalArgumentException(
                        "buffer too short: valueLength="
                                + found.valueLength
                                + "B, bufferLength="
                                + buffer.byteSize()
                                + "B");
            }
            if (isPinWorthwhile(call, attempt)) {
                return copyPinned(call, buffer);
            }
            copyValue(found, buffer);
            if (entries.isUnchanged(found.ordinal, found.generation)) {
                return found.valueLength;
            }
        }
    }

    <R extends @Nullable Object> @Nullable R view(
            CallContext call, Function<MemorySegment, R> function) {
        int pin = pin(call);
        try {
            if (!find(call)) {
                return null;
            }
            FoundRecord found = call.found();
            return function.apply(
                    bytes(found).asSlice(found.valueOffset, found.valueLength));
        } finally {
            pins.release(pin);
        }
    }

    /** The value, pinned until it is closed; null if the key is absent. */
    @Nullable HeldValue hold(CallContext call) {
        int pin = pin(call);
        boolean held = false;
        try {
            if (!find(call)) {
                return null;
            }
            FoundRecord found = call.found();
            held = true;
            return new HeldValue(
                    bytes(found).asSlice(found.valueOffset, found.valueLength),
                    found.valueTag, found.version, pins, pin);
        } finally {
            if (!held) {
                pins.release(pin);
            }
        }
    }

    <T> boolean valueEquals(
            CallContext call, io.ddict.client.codec.Codec<T> codec, T value, long length) {
        MemorySegment expected = MemorySegment.ofArray(new byte[Math.toIntExact(length)]);
        codec.write(value, call.scratch(), expected, 0);
        int pin = pin(call);
        try {
            FoundRecord found = call.found();
            return find(call)
                    && found.valueTag == codec.tag()
                    && found.valueLength == length
                    && MemorySegment.mismatch(
                            bytes(found),
                            found.valueOffset,
                            found.valueOffset + length,
                            expected,
                            0,
                            length)
                            == -1;
        } finally {
            pins.release(pin);
        }
    }

    /** Finds what the call's checkpoint sees of the key, as of now; false if the key is absent. */
    boolean find(CallContext call) {
        int outcome = search(call);
        while (outcome == CHANGED) {
            channel.pause(call, VERSIONS_CHANGED);
            outcome = search(call);
            channel.waited(call, VERSIONS_CHANGED);
        }
        // Afterwards: a checkpoint that is held now was held when its version was looked for.
        channel.checkHeld(call);
        if (outcome == EQUAL && call.found().isOver()) {
            call.version(0);
            return false;
        }
        if (heat != null && outcome == EQUAL) {
            warm(call, heat);
        }
        return outcome == EQUAL;
    }

    // Only large values are moved to the disk.
    private static void warm(CallContext call, Heat heat) {
        if (!SizeClasses.isSmall(call.key().length(), call.found().valueLength)) {
            heat.heat(call.found().ordinal);
        }
    }

    // What a found value's offset is an offset in.
    private MemorySegment bytes(FoundRecord found) {
        return found.isAway() ? bytesAway(found) : data.readOnlySegment();
    }

    private MemorySegment bytesAway(FoundRecord found) {
        return found.lender == FoundRecord.NO_LENDER
                ? Objects.requireNonNull(spill).readOnlySegment()
                : lentBytes(found.lender);
    }

    private MemorySegment lentBytes(int lender) {
        try {
            return pool.dataOf(lender);
        } catch (IOException | PoolDamagedException e) {
            channel.checkUsable(null);
            throw channel.errors().notMapped(e);
        }
    }

    /** Whether a put at the call's checkpoint overwrites the record that was found. */
    boolean isOfCheckpoint(CallContext call) {
        return versions == null || versions.from(call.found().ordinal) == call.checkpoint();
    }

    /** Whether a removal at the call's checkpoint of the record that was found needs no mark. */
    boolean isAlone(CallContext call) {
        return versions == null
                || !workingSet.waitsForKeys()
                        && isOfCheckpoint(call)
                        && versions.older(call.found().ordinal) == 0;
    }

    private int search(CallContext call) {
        awaitPosted(call);
        long tag = hints.tag(call.hash());
        int set = hints.set(call.hash());
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int ways = hints.waysOf(set, tag); ways != 0; ways &= ways - 1) {
                long word = hints.way(set, Integer.numberOfTrailingZeros(ways));
                if (hints.isOfTag(word, tag) && matches(call, word)) {
                    return versions == null ? EQUAL : goToVersion(call, versions);
                }
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return absent(call);
            }
            set = hints.nextSet(set);
        }
        return findByManager(call);
    }

    /** Number of keys, as of now. */
    long entryCount() {
        return status.entryCount();
    }

    /** The pool's files. */
    MappedPool pool() {
        return pool;
    }

    /** Reads an entry for an iteration: whether it held a key that was there before a position. */
    boolean read(
            CallContext call, int ordinal, long createdBefore, @Nullable ValueReader keys,
            @Nullable ValueReader values, @Nullable Object[] decoded) {
        int pin = pin(call);
        try {
            FoundRecord found = call.found();
            while (true) {
                long generation = entries.generation(ordinal);
                if (EntryArray.isMoving(generation)) {
                    awaitMoved(call, ordinal);
                    continue;
                }
                long handle = entries.handle(ordinal);
                if (handle == Handle.NONE) {
                    return false;
                }
                boolean whole = locate(call, ordinal, generation, Handle.offset(handle));
                boolean wanted = entries.created(ordinal) < createdBefore
                        && !found.isOver()
                        && (versions == null || isSeen(call, versions, createdBefore));
                if (whole && entries.isUnchanged(ordinal, generation)) {
                    if (wanted) {
                        decode(found, keys, values, decoded);
                    }
                    return wanted;
                }
            }
        } finally {
            pins.release(pin);
        }
    }

    // Whether the version that was located is the one that the call's checkpoint saw at a position.
    private boolean isSeen(CallContext call, VersionArray chain, long position) {
        FoundRecord found = call.found();
        long from = chain.from(found.ordinal);
        return found.valueTag != RecordLayout.TAG_DELETED
                && from <= call.checkpoint()
                && (!workingSet.waitsForKeys()
                        || from == call.checkpoint()
                        || chain.isPersistent(found.ordinal))
                && (chain.to(found.ordinal) > call.checkpoint()
                        || !isHidden(call, chain, position));
    }

    // Whether a newer version, that the checkpoint sees too, was there at a position already. Looked for
    // from the key's newest version on, as versions do not lead to newer ones.
    private boolean isHidden(CallContext call, VersionArray chain, long position) {
        long hash = hashOfFound(call);
        long tag = hints.tag(hash);
        int set = hints.set(hash);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int ways = hints.waysOf(set, tag); ways != 0; ways &= ways - 1) {
                int newest = hints.ordinal(hints.way(set, Integer.numberOfTrailingZeros(ways)));
                int outcome = hides(call, chain, newest, position);
                if (outcome != CHANGED) {
                    return outcome == EQUAL;
                }
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return true;
            }
            set = hints.nextSet(set);
        }
        return true;
    }

    // EQUAL if one of the versions above the found one hides it, CHANGED if they do not lead to it.
    private static int hides(CallContext call, VersionArray chain, int newest, long position) {
        int outcome = DIFFERENT;
        int each = newest;
        for (int hops = 0; each != call.found().ordinal; hops++) {
            if (each == 0 || hops == HOPS_MAX) {
                return CHANGED;
            }
            if (chain.from(each) <= call.checkpoint() && chain.began(each) < position) {
                outcome = EQUAL;
            }
            each = chain.older(each);
        }
        return outcome;
    }

    private long hashOfFound(CallContext call) {
        FoundRecord found = call.found();
        int length = RecordLayout.keyLength(data, found.offset);
        byte[] key = call.readScratch().ensure(length);
        MemorySegment.copy(
                data.readOnlySegment(),
                ValueLayout.JAVA_BYTE,
                found.offset + RecordLayout.HEADER_LENGTH,
                key,
                0,
                length);
        return keyHash.of(key, 0, length, RecordLayout.keyTag(data, found.offset));
    }

    private void decode(
            FoundRecord found,
            @Nullable ValueReader keys,
            @Nullable ValueReader values,
            @Nullable Object[] decoded) {
        MemorySegment bytes = data.readOnlySegment();
        if (keys != null) {
            int length = RecordLayout.keyLength(data, found.offset);
            long offset = found.offset + RecordLayout.HEADER_LENGTH;
            decoded[0] =
                    keys.read(RecordLayout.keyTag(data, found.offset), bytes, offset, length);
        }
        if (values != null) {
            decoded[1] =
                    values.read(
                            found.valueTag, bytes(found), found.valueOffset, found.valueLength);
        }
    }

    private boolean isPinWorthwhile(CallContext call, int attempt) {
        return attempt >= UNPINNED_ATTEMPTS || call.found().valueLength >= PINNED_LENGTH_MIN;
    }

    // Null if the copy was torn. Decoders that do more than copy see bytes that cannot change.
    private @Nullable Object tryRead(CallContext call, ValueReader reader) {
        FoundRecord found = call.found();
        if (reader.isRawCopy(found.valueTag)) {
            Object value =
                    reader.read(
                            found.valueTag,
                            bytes(found),
                            found.valueOffset,
                            found.valueLength);
            return entries.isUnchanged(found.ordinal, found.generation) ? value : null;
        }
        Scratch scratch = call.readScratch();
        int length = Math.toIntExact(found.valueLength);
        byte[] bytes = scratch.ensure(length);
        MemorySegment.copy(
                bytes(found),
                ValueLayout.JAVA_BYTE,
                found.valueOffset,
                bytes,
                0,
                length);
        return entries.isUnchanged(found.ordinal, found.generation)
                ? reader.read(found.valueTag, MemorySegment.ofArray(bytes), 0, length)
                : null;
    }

    private @Nullable Object getPinned(CallContext call, ValueReader reader) {
        int pin = pin(call);
        try {
            if (!find(call)) {
                return null;
            }
            FoundRecord found = call.found();
            return reader.read(
                    found.valueTag, bytes(found), found.valueOffset, found.valueLength);
        } finally {
            pins.release(pin);
        }
    }

    private long copyPinned(CallContext call, MemorySegment buffer) {
        int pin = pin(call);
        try {
            if (!find(call)) {
                return -1;
            }
            FoundRecord found = call.found();
            if (found.valueLength > buffer.byteSize()) {
                throw new IllegalArgumentException(
                        "buffer too short: valueLength="
                                + found.valueLength
                                + "B, bufferLength="
                                + buffer.byteSize()
                                + "B");
            }
            copyValue(found, buffer);
            return found.valueLength;
        } finally {
            pins.release(pin);
        }
    }

    private void copyValue(FoundRecord found, MemorySegment buffer) {
        MemorySegment.copy(bytes(found), found.valueOffset, buffer, 0, found.valueLength);
    }

    /** Pins what is there now; the pin to give back. */
    int pin(CallContext call) {
        int pin = pins.acquire(call.deadline());
        if (pin == Pins.NONE) {
            throw channel.timedOut(call, "too many readers hold values in place");
        }
        return pin;
    }

    // Step 1: a read must see every write of its key that was accepted before it began.
    private void awaitPosted(CallContext call) {
        long mark = pool.marks().mark(call.hash());
        if (!status.isApplied(mark)) {
            awaitPosted(call, mark, status.applied());
        }
    }

    private void awaitPosted(CallContext call, long mark, long applied) {
        long needed = ring.lastPosting(applied, ring.tail(mark), call.hash());
        while (status.applied() < needed) {
            channel.checkLease(call);
            channel.pause(call, WRITE_OF_KEY);
        }
        channel.waited(call, WRITE_OF_KEY);
    }

    private void awaitMoved(CallContext call, int ordinal) {
        while (EntryArray.isMoving(entries.generation(ordinal))) {
            channel.pause(call, MOVED);
        }
        channel.waited(call, MOVED);
    }

    private boolean matches(CallContext call, long hint) {
        int ordinal = hints.ordinal(hint);
        int outcome = examine(call, ordinal, hints.recordGuess(hint));
        return (outcome == CHANGED ? examineUnmoved(call, ordinal) : outcome) == EQUAL;
    }

    // The two ways differ in nothing but where the address comes from: with a right guess the
    // processor fetches the record before it knows what the entry says.
    private int examine(CallContext call, int ordinal, long guess) {
        long generation = entries.generation(ordinal);
        if (EntryArray.isMoving(generation)) {
            return CHANGED;
        }
        long handle = entries.handle(ordinal);
        if (handle == Handle.NONE) {
            return DIFFERENT;
        }
        return Handle.offset(handle) == guess
                ? examine(call, ordinal, generation, guess)
                : examine(call, ordinal, generation, Handle.offset(handle));
    }

    private int examine(CallContext call, int ordinal, long generation, long offset) {
        FoundRecord found = call.found();
        if (!locate(call, ordinal, generation, offset)) {
            return CHANGED;
        }
        KeyBytes key = call.key();
        boolean equal =
                RecordLayout.keyLength(data, offset) == key.length()
                        && RecordLayout.keyTag(data, offset) == key.tag()
                        && RecordLayout.keyEquals(
                                data, offset, key.array(), key.offset(), key.length());
        if (!entries.isUnchanged(ordinal, generation)) {
            return CHANGED;
        }
        call.version(found.version);
        return equal ? EQUAL : DIFFERENT;
    }

    // Fills in where the record is; false if the entry has changed. Bounds are checked before any
    // use, since the bytes may be those of another record by now.
    private boolean locate(CallContext call, int ordinal, long generation, long offset) {
        FoundRecord found = call.found();
        found.ordinal = ordinal;
        found.generation = generation;
        found.offset = offset;
        found.version = RecordLayout.version(data, offset);
        found.valueLength = RecordLayout.valueLength(data, offset);
        found.valueTag = RecordLayout.valueTag(data, offset);
        found.valueOffset =
                offset + RecordLayout.valueOffset(RecordLayout.keyLength(data, offset));
        found.expiresMs = FoundRecord.ENDLESS;
        if (found.valueOffset + found.valueLength <= data.length()
                && (!RecordLayout.isWrapped(found.valueTag) || unwrap(found))) {
            return true;
        }
        if (entries.isUnchanged(ordinal, generation)) {
            throw channel.errors().damaged(
                    call, "record reaches past its file", ordinal, offset);
        }
        return false;
    }

    // False if what it says cannot be. Of bytes that are another record's by now it may be anything.
    private boolean unwrap(FoundRecord found) {
        return switch (found.valueTag) {
            case RecordLayout.TAG_EXPIRING -> found.valueLength >= RecordLayout.EXPIRY_LENGTH
                    && unwrapExpiring(found, found.valueOffset);
            case RecordLayout.TAG_SPILLED -> found.valueLength >= RecordLayout.SPILLED_LENGTH
                    && unwrapSpilled(found);
            case RecordLayout.TAG_LENT -> found.valueLength == RecordLayout.LENT_LENGTH
                    && unwrapLent(found);
            default -> false;
        };
    }

    // The time is in memory, also of a value that is not.
    private boolean unwrapExpiring(FoundRecord found, long time) {
        long endsMs = RecordLayout.expiresMs(data, time);
        found.expiresMs |= endsMs;
        found.valueTag = RecordLayout.expiringTag(data, time);
        found.valueOffset += RecordLayout.EXPIRY_LENGTH;
        found.valueLength -= RecordLayout.EXPIRY_LENGTH;
        return found.valueLength >= 0 && endsMs > FoundRecord.ENDLESS;
    }

    private boolean unwrapSpilled(FoundRecord found) {
        long start = found.valueOffset;
        byte tag = RecordLayout.awayTag(data, start);
        if (found.valueLength != RecordLayout.spilledLength(tag) || spill == null) {
            return false;
        }
        found.expiresMs = FoundRecord.AWAY;
        found.lender = FoundRecord.NO_LENDER;
        found.valueOffset = RecordLayout.awayOffset(data, start);
        found.valueLength = RecordLayout.awayLength(data, start);
        found.valueTag = tag;
        return found.valueLength >= 0
                && found.valueOffset >= 0
                && found.valueOffset <= spill.length() - found.valueLength
                && (tag != RecordLayout.TAG_EXPIRING
                        || unwrapExpiring(found, start + RecordLayout.SPILLED_LENGTH));
    }

    // The lender's file is looked for only if the record is still the entry's.
    private boolean unwrapLent(FoundRecord found) {
        long start = found.valueOffset;
        found.lender = RecordLayout.lender(data, start);
        found.expiresMs = FoundRecord.AWAY;
        found.valueOffset = RecordLayout.awayOffset(data, start);
        found.valueLength = RecordLayout.awayLength(data, start);
        found.valueTag = RecordLayout.awayTag(data, start);
        return entries.isUnchanged(found.ordinal, found.generation)
                && found.lender >= 0
                && found.valueTag >= 0
                && found.valueLength >= 0
                && found.valueOffset >= 0
                && found.valueOffset <= lentBytes(found.lender).byteSize() - found.valueLength;
    }

    // Another owner has emptied the hints and filled them again; what was not there says nothing.
    private int absent(CallContext call) {
        checkOwner(call);
        call.isAwaited(workingSet.waitsForKeys());
        return withoutValue(call);
    }

    /** Throws if another owner has taken the pool over. */
    void checkOwner(CallContext call) {
        if (status.owner() != owner) {
            throw channel.errors().lost(call);
        }
    }

    private int findByManager(CallContext call) {
        int ordinal = channel.askOrdinal(call);
        // An ordinal alone is a hint without a guess.
        if (ordinal == 0 || !matches(call, ordinal)) {
            return absent(call);
        }
        return versions == null ? EQUAL : goToVersion(call, versions);
    }

    // From the newest version, which was found, to the one that the call's checkpoint sees; CHANGED if
    // the chain did meanwhile.
    private int goToVersion(CallContext call, VersionArray chain) {
        FoundRecord found = call.found();
        while (true) {
            long from = chain.from(found.ordinal);
            boolean carries =
                    !workingSet.waitsForKeys()
                            || from == call.checkpoint()
                            || chain.isPersistent(found.ordinal);
            int older = chain.older(found.ordinal);
            if (!entries.isUnchanged(found.ordinal, found.generation)) {
                return CHANGED;
            }
            if (from <= call.checkpoint()) {
                boolean deleted = found.valueTag == RecordLayout.TAG_DELETED;
                call.isAwaited(!deleted && !carries);
                return !deleted && carries ? EQUAL : withoutValue(call);
            }
            if (older == 0) {
                return absent(call);
            }
            if (examineUnmoved(call, older) != EQUAL) {
                return CHANGED;
            }
        }
    }

    private static int withoutValue(CallContext call) {
        call.version(0);
        return DIFFERENT;
    }

    private int examineUnmoved(CallContext call, int ordinal) {
        int outcome = examine(call, ordinal, 0);
        while (outcome == CHANGED) {
            awaitMoved(call, ordinal);
            outcome = examine(call, ordinal, 0);
        }
        return outcome;
    }
}
