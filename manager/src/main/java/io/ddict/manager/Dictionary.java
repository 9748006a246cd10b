package io.ddict.manager;

import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.manager.persist.PersistSettings;
import io.ddict.manager.persist.Persistence;
import io.ddict.manager.serving.Manager;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.WorkingSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One dictionary on this node: its managers and their pools. Safe from any thread. */
final class Dictionary {
    private static final long SEAL_TIMEOUT_MS = 5_000;
    private static final long PERSIST_TIMEOUT_MS = 15_000;
    private static final long CLOSE_TIMEOUT_MS = 2_000;

    private final String name;
    private final List<Manager> managers;
    private final KeyRule keyRule;
    private final @Nullable Persistence persistence;
    private boolean destroyed;

    private Dictionary(
            String name,
            List<Manager> managers,
            KeyRule keyRule,
            @Nullable Persistence persistence) {
        this.name = name;
        this.managers = managers;
        this.keyRule = keyRule;
        this.persistence = persistence;
    }

    /**
     * Makes the pools and sets the managers to work.
     *
     * @param memoryLength bytes of all pools together
     * @param keysMax most keys of all pools together; 0 derives it from the memory
     * @param workingSet how many checkpoints are held
     * @param settings how they are persisted
     * @param wanted how clients find keys, unless what is restored says it
     * @throws IOException if there is no room, or nothing can be persisted; nothing is left of what was
     *     made
     */
    static Dictionary create(
            ClusterDirectory directory, String name, int managerCount, long memoryLength,
            long keysMax, WorkingSet workingSet, PersistSettings settings, KeyRule wanted)
            throws IOException {
        checkRoom(directory.path(), memoryLength);
        long each = memoryLength / managerCount;
        long keysEach =
                keysMax == 0 ? PoolGeometry.entriesMaxDefault(each)
                        : keysOfOne(keysMax, managerCount);
        List<Manager> managers = new ArrayList<>();
        Persistence persistence =
                settings.isNone()
                        ? null
                        : Persistence.open(
                                settings, name, managerCount, wanted.hashSeed(),
                                wanted.placement());
        KeyRule keyRule =
                persistence == null
                        ? wanted
                        : new KeyRule(persistence.hashSeed(), wanted.placement());
        try {
            for (int number = 0; number < managerCount; number++) {
                Path pool = directory.createPool(name, number);
                managers.add(
                        new Manager(
                                number,
                                MemoryPool.create(
                                        pool,
                                        each,
                                        (int) keysEach,
                                        keyRule.hashSeed(),
                                        workingSet,
                                        MemoryRegion::new)));
            }
            return start(new Dictionary(name, List.copyOf(managers), keyRule, persistence));
        } catch (IOException | RuntimeException | Error e) {
            managers.forEach(Manager::close);
            if (persistence != null) {
                persistence.close();
            }
            directory.remove(name);
            throw e;
        }
    }

    private static Dictionary start(Dictionary dictionary) throws IOException {
        Persistence persistence = dictionary.persistence;
        if (persistence != null) {
            persistence.attach(dictionary.managers);
        }
        dictionary.managers.forEach(Manager::start);
        if (persistence != null) {
            persistence.loadFirst();
        }
        return dictionary;
    }

    String name() {
        return name;
    }

    KeyRule keyRule() {
        return keyRule;
    }

    List<Path> poolDirectories() {
        return managers.stream().map(each -> each.pool().mapped().directory()).toList();
    }

    /** The manager of a number. */
    Manager manager(int number) {
        if (number < 0 || number >= managers.size()) {
            throw new IllegalArgumentException(
                    "no such manager: manager=" + number + ", managers=" + managers.size());
        }
        return managers.get(number);
    }

    /**
     * Makes it read-only; returns when nothing changes any more, or at once if it was. Waits for the
     * managers at most 5 s.
     *
     * @throws DDictException with status MANAGER_LOST or TIMEOUT if not all of them could do it
     */
    synchronized void freeze() {
        change("freeze", Manager::freeze);
    }

    /** Makes it writable again; as {@link #freeze} otherwise. */
    synchronized void unfreeze() {
        if (persistence != null && persistence.isReadOnly()) {
            throw new FrozenException("dictionary is read-only: dictionary=" + name);
        }
        change("unfreeze", Manager::unfreeze);
    }

    /** What persists and restores it. */
    Persistence persistence() {
        if (persistence == null) {
            throw new IllegalArgumentException(
                    "dictionary has no persister: dictionary="
                            + name
                            + "; give one when creating it");
        }
        return persistence;
    }

    /**
     * Tells all clients that it is gone, lets what they had posted end, and stops the managers. What is
     * being persisted is waited for, 15 s at most.
     */
    synchronized void destroy() {
        destroyed = true;
        if (persistence != null) {
            boolean _ = persistence.awaitWritten(PERSIST_TIMEOUT_MS);
        }
        try {
            awaitAll(managers.stream().map(Manager::destroy).toList());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // A manager that failed before has nothing left to let end.
        }
        close();
    }

    /** Stops the managers; what is being persisted is waited for, 2 s at most. */
    void close() {
        if (persistence != null) {
            boolean _ = persistence.awaitWritten(CLOSE_TIMEOUT_MS);
            persistence.close();
        }
        managers.forEach(Manager::close);
    }

    // One change after the other: all managers come to the same state, whoever else asks for another.
    private void change(String what, Function<Manager, CompletableFuture<?>> change) {
        if (destroyed) {
            throw new DestroyedException(
                    "no such dictionary, or destroyed: dictionary=" + name);
        }
        List<? extends CompletableFuture<?>> changes = managers.stream().map(change).toList();
        try {
            awaitAll(changes);
        } catch (ExecutionException e) {
            throw incomplete(what, changes, DDictException.Status.MANAGER_LOST);
        } catch (TimeoutException e) {
            throw incomplete(what, changes, DDictException.Status.TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw incomplete(what, changes, DDictException.Status.TIMEOUT);
        }
    }

    private static void awaitAll(List<? extends CompletableFuture<?>> changes)
            throws ExecutionException, InterruptedException, TimeoutException {
        CompletableFuture.allOf(changes.toArray(CompletableFuture<?>[]::new))
                .get(SEAL_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    private DDictException incomplete(
            String what,
            List<? extends CompletableFuture<?>> changes,
            DDictException.Status status) {
        List<Integer> missing = IntStream.range(0, changes.size())
                .filter(number -> changes.get(number).state() != Future.State.SUCCESS)
                .boxed()
                .toList();
        return new DDictException(
                status,
                what
                        + " did not take effect at every manager: dictionary="
                        + name
                        + ", managers="
                        + missing
                        + "; repeat it");
    }

    // Keys spread by hash: a shard gets at most a few standard deviations above its even part.
    private static long keysOfOne(long keysMax, int managerCount) {
        long even = Math.ceilDiv(keysMax, managerCount);
        long each = managerCount == 1 ? even : even + (long) (5 * Math.sqrt((double) even)) + 16;
        // The pool refuses this many, with the arithmetic in the message.
        return Math.min(each, Integer.MAX_VALUE);
    }

    private static void checkRoom(Path directory, long memoryLength) throws IOException {
        long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < memoryLength) {
            throw new IOException(
                    "not enough shared memory: totalMemory="
                            + memoryLength
                            + "B, usable="
                            + usable
                            + "B, fileSystem="
                            + Files.getFileStore(directory)
                            + "; lower totalMemory (default "
                            + DDictConfig.TOTAL_MEMORY_DEFAULT
                            + ") or give DDICT_DIRECTORY another tmpfs");
        }
    }
}
