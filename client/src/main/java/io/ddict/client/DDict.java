package io.ddict.client;

import java.io.Serializable;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A dictionary spread over the memory of many processes: used like a map, from any thread of any
 * process that has its handle.
 *
 * <p>Keys are equal when their encoded bytes and types are: {@code 1}, {@code 1L} and {@code "1"} are
 * three keys. Operations on one key are linearizable across all processes; there is no order across
 * keys. Reads are done in place, in shared memory, and ask nobody; writes are posted and return once
 * accepted: from then on every reader sees them, whatever happens to the writer.
 *
 * <p>A handle is at a checkpoint, 0 at first, and its calls read and write what that sees: see {@link
 * #checkpoint}. One that the key's manager holds no longer makes them throw {@link
 * CheckpointRetiredException}. With {@link DDictConfig.Builder#waitForKeys} reads and removals of a key
 * that the checkpoint does not have yet wait for it, but for containsKey and putIfAbsent; with that or
 * {@link DDictConfig.Builder#waitForWriters} a write beyond the newest checkpoint may wait.
 *
 * <p>Every method is safe from any thread. A call that has to wait does so up to the handle's timeout
 * (10 s unless set) and then throws {@link DDictTimeoutException}; a write's outcome is then unknown.
 * After any other error nothing was changed. Null keys and values are refused with a {@link
 * NullPointerException}, types without a codec and keys over 65,535 bytes with an {@link
 * IllegalArgumentException}, before anything is sent. A manager that ended makes calls throw {@link
 * ManagerLostException}, a dictionary that was destroyed {@link DestroyedException}, a handle that was
 * closed {@link IllegalStateException}.
 *
 * <p>A handle may be captured by a lambda, or be a part of an object, that travels by Java serialization
 * to another process of the same user on this machine. There it is attached anew, at the sender's
 * checkpoint and with its timeout and codecs, and its placement if that is {@code Serializable}; whoever
 * gets it may close it.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public interface DDict<K, V> extends AutoCloseable, Serializable {
    /**
     * Creates a dictionary on this machine: in the cluster of {@code ddict run} or of whoever started
     * this program as a process, else in a node service of its own, which is started as a child of this
     * process if it has none yet, and ends with it, however that ends. Takes about a second the first
     * time.
     *
     * @throws IllegalArgumentException with every violation, if the configuration is contradictory
     * @throws DDictException if there is not enough shared memory, or the service cannot start
     */
    static <K, V> DDict<K, V> create(DDictConfig config) {
        return Handles.create(config);
    }

    /** Creates a dictionary with one manager and 256 MiB; see {@link #create(DDictConfig)}. */
    static <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder().build());
    }

    /**
     * Attaches to a dictionary that some process created.
     *
     * @param handle text from {@link #serialize}
     * @throws IllegalArgumentException if the text is not a handle, or the dictionary was created with a
     *     {@link Placement}, which {@link AttachOptions} have to bring
     * @throws ManagerLostException if its node service does not answer
     * @throws DestroyedException if the dictionary is not there (any more)
     */
    static <K, V> DDict<K, V> attach(String handle) {
        return Handles.attach(handle, AttachOptions.DEFAULTS);
    }

    /** Attaches with a timeout and codecs of its own; see {@link #attach(String)}. */
    static <K, V> DDict<K, V> attach(String handle, AttachOptions options) {
        return Handles.attach(handle, options);
    }

    /** The key's value, or null if it is absent. Reads in place; waits only for posted writes of it. */
    @Nullable V get(K key);

    /** The key's value, or {@code defaultValue} if it is absent. */
    V get(K key, V defaultValue);

    /**
     * The key's value.
     *
     * @throws java.util.NoSuchElementException if the key is absent
     */
    V getOrThrow(K key);

    /** The key's value, if it is there. */
    Optional<V> find(K key);

    /**
     * Copies the value's encoded bytes into the caller's buffer. Allocates nothing if the key is a
     * {@code byte[]}.
     *
     * @return the value's length in bytes, or -1 if the key is absent
     * @throws IllegalArgumentException if the buffer is shorter than the value; it is left untouched
     */
    long get(K key, MemorySegment buffer);

    /** The key's value and version, or null if it is absent. */
    @Nullable Versioned<V> getVersioned(K key);

    /**
     * Values of those keys that are there. Per key; no common moment in time. The reads overlap, so that
     * many random keys cost much less than a {@link #get} of each.
     */
    Map<K, V> getAll(Collection<? extends K> keys);

    /**
     * Calls a function with the value's encoded bytes in place, without a copy. The bytes do not
     * change while the function runs, whatever others write; it must not keep them, and should be
     * brief, as replaced values stay in memory meanwhile.
     *
     * @return what the function returned, or null if the key is absent
     */
    <R extends @Nullable Object> @Nullable R view(K key, Function<MemorySegment, R> function);

    /**
     * The value's encoded bytes in place, read-only and without a copy, on a dictionary that is {@link
     * #freeze() frozen}. Takes no lock and sends nothing; safe from any thread, as is the segment.
     *
     * <p>The segment holds until the dictionary is unfrozen or destroyed, or this handle closed, and
     * then throws {@link IllegalStateException}: at once in the process that did so, within 100 ms in
     * others. Until it throws its bytes are those that were frozen. Memory of values that are replaced
     * meanwhile is not used again before that, so a process that is stopped at this point keeps it.
     *
     * @return null if the key is absent
     * @throws IllegalStateException if the dictionary is not frozen; {@link #view(Object, Function)}
     *     works on any
     */
    @Nullable MemorySegment view(K key);

    /** Whether the key is there. */
    boolean containsKey(K key);

    /**
     * Stores the value under the key, replacing any earlier one. Returns once accepted, without an
     * answer from the manager; waits only while its ring is full, or, up to 300 ms, for memory that was
     * given up and that readers still see.
     *
     * @throws DDictFullException if there is no memory for it; the old value is kept
     */
    void put(K key, V value);

    /**
     * Stores the value as {@link #put} does, and lets it carry over to later checkpoints. Without {@link
     * DDictConfig.Builder#waitForKeys} every value does.
     */
    void putPersistent(K key, V value);

    /**
     * Stores every entry, as one {@link #batch}.
     *
     * @throws DDictException the cause of the first key that was refused, such as {@link
     *     DDictFullException}; the others are stored all the same
     */
    void putAll(Map<? extends K, ? extends V> entries);

    /**
     * Stores a copy of the value at every manager, for what all read and few write: {@link
     * #broadcastGet} then asks the nearest one. With {@link DDictConfig.Builder#waitForKeys} it does not
     * carry over to later checkpoints. Waits as {@link #put} does, for all managers at the same time; for a
     * value above 4 KiB until one of this node's has applied it, with whom the others share its bytes. Long
     * values spread over nodes as a tree, so that this process sends two copies unless a node fails.
     *
     * <p>Each copy is an entry of its own, and of its own manager: {@link #size} counts it, iterations
     * show it, {@link #put} and {@link #remove} of the key change the one that the key belongs to. It is
     * no transaction: managers come to it one by one, and a program that dies has reached some.
     *
     * @throws BroadcastRefusedException if some managers refused it; it names those that have it
     * @throws DDictException the cause of the first manager, such as {@link DDictFullException} or {@link
     *     FrozenException}, if all refused it; nothing was changed
     */
    void broadcastPut(K key, V value);

    /**
     * The value that {@link #broadcastPut} stored, from the copy of a manager near this thread; null if
     * that has none. Otherwise as {@link #get(Object)}.
     */
    @Nullable V broadcastGet(K key);

    /** Begins to collect puts that are sent together, for speed. Close or end it; see {@link Batch}. */
    Batch<K, V> batch();

    /** Stores the value if the key is absent; else returns the present value. */
    @Nullable V putIfAbsent(K key, V value);

    /** Replaces the value if the key is there, and returns the old one; null if it is absent. */
    @Nullable V replace(K key, V value);

    /** Replaces the value if its encoded bytes equal those of {@code expected}. */
    boolean replace(K key, V expected, V value);

    /**
     * Stores the value if the key has this version; version 0 stands for absent.
     *
     * @return the new version, or 0 if the key has another
     */
    long compareAndSet(K key, long version, V value);

    /** Removes the key and returns its value; null if it is absent. */
    @Nullable V remove(K key);

    /** Removes the key if its value's encoded bytes equal those of {@code expected}. */
    boolean remove(K key, V expected);

    /**
     * Adds to a 64-bit counter. An absent key starts at 0. The sum carries over to later checkpoints, with
     * {@link DDictConfig.Builder#waitForKeys} too.
     *
     * @return the value before
     * @throws DDictException with status TYPE if the value is not a {@link Long}
     */
    long getAndAdd(K key, long delta);

    /**
     * Waits until the key's encoded bytes equal those of the value, whatever was there before.
     *
     * @throws DDictTimeoutException if they did not within the time
     */
    void awaitValue(K key, V value, Duration timeout);

    /** Number of keys that the handle's checkpoint sees, writes accepted before the call included. */
    long size();

    /** Whether there is no key. */
    boolean isEmpty();

    /**
     * Removes every key that the handle's checkpoint sees when each manager comes to it.
     *
     * @throws DDictFullException if older checkpoints keep what they saw, and there is no memory for the
     *     marks of what is gone; at that manager nothing was changed
     */
    void clear();

    /**
     * The keys, streamed: each manager's key set as of when the iteration reaches it. Keys removed
     * meanwhile are skipped, keys added meanwhile are not seen, none of a manager is seen twice. Holds
     * nothing, so stopping early is free.
     */
    Iterable<K> keys();

    /** The values, streamed as {@link #keys} are; each as of when it is reached. */
    Iterable<V> values();

    /** Keys and values, streamed as {@link #keys} are. */
    Iterable<Map.Entry<K, V>> entries();

    /**
     * The same dictionary by a handle whose calls all go to one manager, whichever its keys belong to:
     * what is put by it only handles of this manager find by key, unless the key belongs there anyhow.
     * What concerns many keys, such as {@link #size}, {@link #entries}, {@link #clear} and {@link
     * #stats}, concerns this manager alone; {@link #freeze}, {@link #unfreeze}, {@link #destroy} and
     * {@link #serialize} are about the dictionary as ever.
     *
     * <p>Sends nothing and takes no link of its own. It starts at this handle's checkpoint, and then has
     * one of its own. Closing it closes nothing else; closing the handle of the dictionary closes it too.
     * With {@link DDictConfig.Builder#waitForWriters} it counts as a writer until it is closed.
     *
     * @param manager from 0 to {@link #managers} - 1
     */
    DDict<K, V> manager(int manager);

    /** How many managers the dictionary has; the same for its life. */
    int managers();

    /** The manager that this handle's calls on the key go to. Sends nothing. */
    int whichManager(K key);

    /** Where each manager of the dictionary is, by its number. Sends nothing. */
    List<ManagerPlace> topology();

    /** The managers whose memory this process reads in place: those of its own node. Sends nothing. */
    List<Integer> localManagers();

    /** As {@link #size}, of {@link #localManagers} only. */
    long localSize();

    /** As {@link #keys}, of {@link #localManagers} only. */
    Iterable<K> localKeys();

    /** As {@link #values}, of {@link #localManagers} only. */
    Iterable<V> localValues();

    /** As {@link #entries}, of {@link #localManagers} only. */
    Iterable<Map.Entry<K, V>> localEntries();

    /** Numbers of the managers, of those that this handle goes to, that have no key at its checkpoint. */
    List<Integer> emptyManagers();

    /**
     * Copies every entry that this handle's checkpoint sees into another dictionary, at its handle's
     * checkpoint, in batches: both may be larger than this process's memory. Goes manager by manager; if
     * the other is {@link DDictConfig.Builder#parallelTo parallel}, each copies to the manager of its
     * number, what was broadcast included, else keys go where they belong there. What is there already
     * stays, or is replaced. It is no snapshot: {@link #freeze} this one first, if others write.
     *
     * @param other a dictionary, or one of its managers
     * @return how many entries were copied
     * @throws DDictException the first refusal, such as {@link DDictFullException}; what was copied before
     *     stays
     */
    long copyTo(DDict<? super K, ? super V> other);

    /**
     * Fills managers that are empty from the first of the other dictionaries whose manager of the same
     * number is not, each handle at its own checkpoint. So a copy that lost a part, or was just made, gets
     * it back. Nobody should write to them meanwhile.
     *
     * @param dicts dictionaries that are {@link DDictConfig.Builder#parallelTo parallel} to each other
     * @return how many entries were copied
     * @throws IllegalArgumentException if two of them are not parallel; nothing was copied
     * @throws DDictException as {@link #copyTo} does
     */
    static <K, V> long synchronise(List<? extends DDict<K, V>> dicts) {
        return ShardCopy.synchronise(dicts);
    }

    /**
     * Finds the entries that a predicate wants, in an order. Each manager's entries are gone through by a
     * thread of its own, at the same time, at this handle's checkpoint; what is wanted of a manager is
     * sorted in this process's memory, and then streamed and merged. Returns at once. For more than that
     * memory holds, or to look at values in place, see {@link #filter(ShardFunction, Comparator)}.
     *
     * @param predicate called by these threads
     * @param order called by these threads and by the one that takes the results
     * @return the entries, to be closed if one stops early
     */
    Filtered<Map.Entry<K, V>> filter(
            EntryPredicate<? super K, ? super V> predicate,
            Comparator<? super Map.Entry<K, V>> order);

    /**
     * Runs a function over what each manager has, and merges their results. The functions run in this
     * process, where they read in place, each in a thread of its own, and at this handle's checkpoint;
     * they find results as these are taken, a bounded number ahead. Returns at once.
     *
     * @param function gives the results of one manager, in the order
     * @param order by which results are merged; for equal ones, by manager
     * @return the results, to be closed if one stops early
     */
    <R> Filtered<R> filter(ShardFunction<K, V, R> function, Comparator<? super R> order);

    /**
     * Goes to the next checkpoint, and sends nothing: managers move on when something is put there, and
     * then retire what is older than the working set. The checkpoint is that of all threads, and of all
     * handles by {@link #withTimeout}; a call that is under way stays where it began.
     *
     * <p>This, {@link #rollback}, {@link #checkpointId(long)}, {@link #syncToNewestCheckpoint}, {@link
     * #restore} and {@link #advance} are refused, before anything happens, while a {@link #batch} of the
     * handle is open.
     *
     * @return the checkpoint that the handle is at now
     * @throws DDictException with status INVALID_OPERATION if a batch is open
     */
    long checkpoint();

    /** Goes back to the checkpoint before, but not below 0; returns it. */
    long rollback();

    /** The checkpoint that the handle is at; 0 after attaching. */
    long checkpointId();

    /**
     * Goes to a checkpoint.
     *
     * @throws IllegalArgumentException if it is negative, or above 2^44 - 2
     */
    void checkpointId(long checkpoint);

    /** Goes to the newest checkpoint that any manager holds, and returns it. Sends nothing. */
    long syncToNewestCheckpoint();

    /**
     * Persists what the handle's checkpoint holds now, with everything that was put before; what is put
     * meanwhile is not in it. Blocks until it lasts beyond a crash of the machine, at most the handle's
     * timeout; nobody else waits for it. One that was persisted by the same number is replaced.
     *
     * @throws CheckpointRetiredException if the checkpoint is held no longer
     * @throws DDictTimeoutException if it took too long; it goes on
     * @throws DDictException with status UNAVAILABLE if it cannot be written, or four others are being
     *     written
     * @throws IllegalArgumentException if the dictionary has no persister, or is read-only
     */
    void persist();

    /**
     * Numbers of the checkpoints that every manager has persisted, in order; blocks for a look at them.
     *
     * @throws IllegalArgumentException if the dictionary has no persister
     */
    List<Long> persistedIds();

    /**
     * Replaces everything by a persisted checkpoint, which is then the only one that is held, and goes to
     * it. Others are refused meanwhile, with status UNAVAILABLE, and views end. All of it is checked
     * before anything is changed; later checkpoints are removed once it is loaded, unless the
     * dictionary is read-only. Blocks at most the handle's timeout.
     *
     * @throws PersistedCheckpointUnavailableException if not every manager has persisted it
     * @throws DDictException with status UNAVAILABLE if a file is damaged: nothing was changed
     * @throws DDictFullException if it does not fit: the dictionary is empty
     * @throws DDictTimeoutException if it took too long; it goes on
     */
    void restore(long checkpoint);

    /**
     * Shows the next persisted checkpoint of a read-only dictionary, as {@link #restore} does, and goes
     * to it; returns its number.
     *
     * @throws PersistedCheckpointUnavailableException if there is no later one
     * @throws IllegalArgumentException if the dictionary is not read-only
     */
    long advance();

    /**
     * The dictionary as a map, for code that wants one: writes go through, {@code put} asks for the old
     * value, which costs an answer from the manager. Iterators are those of {@link #entries}, weakly
     * consistent, and may remove and set. Nulls are refused. Keys without a codec are refused by what
     * stores, and are absent to what asks.
     */
    ConcurrentMap<K, V> asMap();

    /** The same calls, answered by a {@link java.util.concurrent.CompletableFuture}. */
    DDictAsync<K, V> async();

    /**
     * The same dictionary by a handle whose writes end by themselves: a value that it stores, in whatever
     * way, is absent once the time is over, for everybody, as if it had been removed then. Whoever stores the
     * key again decides anew. Its memory comes back when that happens, or by and by. {@link #size} counts it
     * until then. Times are kept by the machine's clock, also over restarts. Closing either handle closes
     * both; counters ({@link #getAndAdd}) have no time to live, and {@link #copyTo} copies without it.
     *
     * @param timeToLive from a millisecond to a hundred years
     * @throws IllegalStateException if the dictionary holds several checkpoints
     */
    DDict<K, V> withTimeToLive(Duration timeToLive);

    /** The same dictionary by a handle with another timeout; closing either closes both. */
    DDict<K, V> withTimeout(Duration timeout);

    /**
     * Makes the dictionary read-only, for all processes: every write, remove, clear and getAndAdd throws
     * {@link FrozenException} until {@link #unfreeze}, even if it would change nothing. A write that
     * races with this is either applied before it returns, or refused. Reads, {@link #awaitValue} and
     * iterations go on, and {@link #view(Object)} works. Nothing happens if it is frozen already.
     *
     * @throws DDictTimeoutException if a manager did not come to it within 5 s; call it again
     */
    void freeze();

    /**
     * Makes the dictionary writable again, and ends the views that were handed out; see {@link
     * #view(Object)}. Waits for no reader; a view that a socket or file is being written from is
     * ended afterwards. Nothing happens if it is not frozen.
     *
     * @throws DDictTimeoutException if a manager did not come to it within 5 s; call it again
     */
    void unfreeze();

    /** Whether it is frozen, at all managers. */
    boolean isFrozen();

    /** Memory, entries and operation counts, per manager. */
    DDictStats stats();

    /**
     * How long this attachment's calls took, in all threads of this process that share it, and how many
     * were refused. {@link #stats} has the same of all clients. Asks nobody.
     */
    ClientProfile profile();

    /** How entries are stored, for tools. */
    Inspector<K, V> inspector();

    /** Name within its cluster. */
    String name();

    /**
     * Text by which any process of the same user on this machine can {@link #attach(String)}. It names
     * the dictionary and is no credential.
     */
    String serialize();

    /**
     * Ends the dictionary for everybody and gives its memory back, restartable or not, with the files of one
     * that is durable continuously. Persisted checkpoints stay.
     */
    default void destroy() {
        destroy(false);
    }

    /**
     * Ends the dictionary for everybody, whose next call throws {@link DestroyedException}; what was
     * accepted before is applied.
     *
     * @param allowRestart whether its memory is kept, so that who creates a {@link
     *     DDictConfig.Builder#restartable restartable} dictionary of its name goes on with it, in this
     *     service or a later one; or its files, if its {@link DDictConfig.Builder#durability} is continuous
     * @throws IllegalArgumentException if it was created with neither; nothing was changed
     */
    void destroy(boolean allowRestart);

    /**
     * Frees this handle; the dictionary stays. May be called twice and never blocks on anybody. In the
     * process that created an embedded dictionary its service lives on until the process ends.
     *
     * @throws IllegalStateException if a socket or file is just being written from a {@link
     *     #view(Object)}; the handle cannot be used any more, and can be closed again afterwards
     */
    @Override
    void close();
}
