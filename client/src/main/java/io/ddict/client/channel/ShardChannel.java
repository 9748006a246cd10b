package io.ddict.client.channel;

import io.ddict.client.ClientProfile;
import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import io.ddict.client.codec.Codec;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.Preload;
import io.ddict.store.pool.WorkingSet;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes one shard on behalf of one process. Safe from any thread.
 *
 * <p>Every call takes the {@link CallContext} of its thread, which holds the encoded key, its hash and
 * the time the call may take. What a call throws is what {@code DDict} documents.
 */
public interface ShardChannel extends AutoCloseable {
    /** Version that stands for "whatever is there". */
    long ANY_VERSION = -1;

    /** Version of an absent key. */
    long ABSENT_VERSION = 0;

    /** Notes that a call has ended that began at a time; at 0 it is not timed. */
    default void ended(CallKind kind, long startNs) {
        if (startNs != 0) {
            record(kind, System.nanoTime() - startNs);
        }
    }

    /** Counts how long a call took. */
    void record(CallKind kind, long lengthNs);

    /** What calls by this channel met. */
    ClientProfile.Manager profile();

    /** Number of the shard's manager. */
    int manager();

    /** Whether this process has the shard's memory, so that reads ask nobody. */
    boolean isLocal();

    /** How many checkpoints its manager holds, and what they wait for. */
    WorkingSet workingSet();

    /** Reads and decodes the value, or null if the key is absent; sets the context's version. */
    @Nullable Object get(CallContext call, ValueReader reader);

    /**
     * Tells which keys will be read next, so that their reads can overlap; changes no outcome.
     *
     * @param hashes of at most {@link Preload#KEYS} keys
     */
    void preload(CallContext call, long[] hashes, int count);

    /** As get, but never waits for a key that is not there yet. */
    @Nullable Object getNow(CallContext call, ValueReader reader);

    /** Copies the encoded value into a buffer; its length, or -1 if the key is absent. */
    long get(CallContext call, MemorySegment buffer);

    /** Calls a function on the value in place; null if the key is absent. */
    <R extends @Nullable Object> @Nullable R view(
            CallContext call, Function<MemorySegment, R> function);

    /** Whether a freeze is in effect. */
    boolean isFrozen();

    /** Throws if the shard refuses writes. */
    void requireWritable(CallContext call);

    /**
     * The value in place, for as long as the freeze lasts; null if the key is absent.
     *
     * @throws IllegalStateException if no freeze is in effect
     */
    @Nullable MemorySegment frozenView(CallContext call);

    /** Ends all views of a freeze that this channel gave out, as far as nobody is using them. */
    void closeFrozenViews();

    /**
     * Ends all views of a freeze for good, before {@link #close}.
     *
     * @throws IllegalStateException if some are being used; this can be called again
     */
    void endFrozenViews();

    /** Whether the key is there; sets the context's version. */
    boolean contains(CallContext call);

    /** Whether the stored value has this codec and these bytes; sets the context's version. */
    <T> boolean valueEquals(CallContext call, Codec<T> codec, T value);

    /**
     * Stores a value without waiting for an answer, unless the call's checkpoint has to be waited for.
     *
     * @param persistent whether it carries over to later checkpoints where others do not
     */
    <T> void put(CallContext call, Codec<T> codec, T value, boolean persistent);

    /**
     * Stores a value of many, which the codec has prepared in the call's scratch already, and which is
     * encoded when this returns. Writes of the key that begin before the outcome is known may overtake it.
     *
     * @return what may be on its way still; a refusal shows there, too
     */
    <T> SentPuts send(CallContext call, Codec<T> codec, T value, long valueLength);

    /**
     * Stores what was collected, in its order, without waiting for an answer; nothing of it is needed when
     * this returns. What there is no room for is refused, and the others go on. Writes that begin before the
     * outcome is known may overtake them.
     *
     * @param call a context that is not the one the puts were collected with
     * @param refusals hears of each that is refused, when the outcome is known at the latest
     */
    SentPuts sendAll(CallContext call, CollectedPuts puts, Refusals refusals);

    /**
     * Stores a value if the key has a version.
     *
     * @param version the version, or {@link #ABSENT_VERSION}
     * @return the new version, or 0 if the key has another
     */
    <T> long putIf(CallContext call, Codec<T> codec, T value, long version);

    /** Removes the key if it has a version (or {@link #ANY_VERSION}); whether it did. */
    boolean removeIf(CallContext call, long version);

    /** Adds to an integer; the value before. */
    long getAndAdd(CallContext call, long delta);

    /** Waits until the key has a value. */
    <T> void awaitValue(CallContext call, Codec<T> codec, T value);

    /** Calls by which processes wait for each other. */
    Coordination coordination();

    /** The newest checkpoint that the manager holds, everything posted before included. */
    long newestCheckpoint(CallContext call);

    /** Tells the manager which checkpoint this client is at, if it waits for writers to go on. */
    void publishCheckpoint(long checkpoint);

    /** Keys that have a value at the call's checkpoint, everything posted before included. */
    long size(CallContext call);

    /** Removes every key. */
    void clear(CallContext call);

    /** Starts an iteration over the keys that are there now. */
    ShardCursor cursor(CallContext call);

    /** Levels and counters of the manager. */
    DDictStats.Manager figures();

    /** Seed of the key hash. */
    long hashSeed();

    @Override
    void close();

    /** Is told what was not stored. */
    interface Refusals {
        /** A put was refused, by its number among those collected. */
        void refused(int index, DDictException cause);
    }

    /** Turns a stored value's bytes into an object. */
    interface ValueReader {
        /** Whether the codec of a tag only copies, so that it may read bytes that change. */
        boolean isRawCopy(byte tag);

        /** Decodes. */
        Object read(byte tag, MemorySegment source, long offset, long length);
    }

    /** One iteration over a shard. One thread at a time. */
    interface ShardCursor {
        /**
         * Goes to the next record; false at the end.
         *
         * @param keys decodes keys, or null if they are not wanted
         * @param values decodes values, or null if they are not wanted
         */
        boolean next(@Nullable ValueReader keys, @Nullable ValueReader values);

        /** Where the record is, as long as the iteration does not go on. */
        FoundRecord found();

        /** The key that was decoded. */
        @Nullable Object key();

        /** The value that was decoded. */
        @Nullable Object value();
    }
}
