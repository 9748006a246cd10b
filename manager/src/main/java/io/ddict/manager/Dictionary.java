package io.ddict.manager;

import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.manager.persist.Continuous;
import io.ddict.manager.persist.Persistence;
import io.ddict.manager.serving.Manager;
import io.ddict.store.Loans;
import io.ddict.store.MemoryPool;
import io.ddict.store.PoolRecovery;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One dictionary, or this node's part of it: its managers and their pools. Safe from any thread. */
final class Dictionary {
    private static final long LINK_TIMEOUT_MS = 15_000;
    private static final long SEAL_TIMEOUT_MS = 5_000;
    private static final long PERSIST_TIMEOUT_MS = 15_000;
    private static final long CLOSE_TIMEOUT_MS = 2_000;

    private static final System.Logger LOGGER = System.getLogger(Dictionary.class.getName());

    private final String name;
    private final DictionaryDirectory directory;
    private final List<Manager> managers;
    private final int firstManager;
    private final KeyRule keyRule;
    private final @Nullable Persistence persistence;
    private final @Nullable Continuous continuous;
    private boolean destroyed;

    private Dictionary(
            String name,
            DictionaryDirectory directory,
            List<Manager> managers,
            int firstManager,
            KeyRule keyRule,
            @Nullable Persistence persistence,
            @Nullable Continuous continuous) {
        this.name = name;
        this.directory = directory;
        this.managers = managers;
        this.firstManager = firstManager;
        this.keyRule = keyRule;
        this.persistence = persistence;
        this.continuous = continuous;
    }

    /**
     * Makes the pools, or takes over those that are kept, and sets the managers to work. The directory is
     * this dictionary's from now on.
     *
     * @throws IOException if there is no room, or nothing can be persisted; nothing is left of what was
     *     made, and what was kept still is
     */
    static Dictionary create(DictionaryDirectory directory, DictionarySettings settings)
            throws IOException {
        List<Manager> managers = new ArrayList<>();
        Persistence persistence = null;
        Continuous continuous = null;
        try {
            KeyRule keyRule =
                    directory.isKept() ? keptRule(directory, settings) : settings.keyRule();
            if (!settings.persistence().isNone()) {
                persistence = Persistence.open(
                        settings.persistence(), settings.name(), settings.managers(),
                        keyRule.hashSeed(), keyRule.placement(), directory.isKept());
                keyRule = new KeyRule(persistence.hashSeed(), keyRule.placement());
            }
            if (!settings.continuous().isNone()) {
                continuous = Continuous.open(
                        settings.continuous(), settings.name(), settings.managers(),
                        keyRule.hashSeed(), keyRule.placement());
                keyRule = new KeyRule(continuous.hashSeed(), keyRule.placement());
            }
            openManagers(directory, settings, keyRule, continuous, managers);
            return start(
                    new Dictionary(
                            settings.name(), directory, List.copyOf(managers),
                            settings.firstManager(), keyRule, persistence, continuous));
        } catch (IOException | RuntimeException | Error e) {
            if (continuous != null) {
                continuous.close();
            }
            close(managers);
            if (persistence != null) {
                persistence.close();
            }
            if (directory.isKept()) {
                directory.leave();
            } else {
                directory.remove();
            }
            throw e;
        }
    }

    private static KeyRule keptRule(DictionaryDirectory directory, DictionarySettings settings) {
        try (MappedPool first = MappedPool.openAsClient(directory.pool(settings.firstManager()))) {
            return new KeyRule(first.geometry().hashSeed(), settings.keyRule().placement());
        }
    }

    private static void openManagers(
            DictionaryDirectory directory,
            DictionarySettings settings,
            KeyRule keyRule,
            @Nullable Continuous continuous,
            List<Manager> managers)
            throws IOException {
        if (!directory.isKept()) {
            checkRoom(directory.path(), settings.memoryLength());
            if (settings.limits().spills()) {
                prepareSpill(settings);
            }
        }
        int first = settings.firstManager();
        List<MemoryPool> pools = new ArrayList<>();
        try {
            if (directory.isKept()) {
                pools.addAll(PoolRecovery.reopen(first, poolPaths(directory, settings)));
            } else {
                for (int index = 0; index < settings.managers(); index++) {
                    pools.add(createPool(directory, first + index, settings, keyRule));
                }
                Loans.introduce(first, pools);
            }
            // What is persisted is loaded one manager at a time, and must fit where it came from.
            boolean lends = settings.persistence().isNone() && continuous == null;
            pools.forEach(each -> each.loans().allow(lends && pools.size() > 1));
            for (MemoryPool pool : pools) {
                int index = managers.size();
                if (continuous != null) {
                    pool.mapped().beginAbove(continuous.versionMax(index));
                }
                managers.add(new Manager(first + index, pool));
            }
        } finally {
            pools.subList(managers.size(), pools.size()).forEach(MemoryPool::close);
        }
    }

    private static List<Path> poolPaths(
            DictionaryDirectory directory, DictionarySettings settings) {
        return IntStream.range(0, settings.managers())
                .mapToObj(index -> directory.pool(settings.firstManager() + index))
                .toList();
    }

    private static MemoryPool createPool(
            DictionaryDirectory directory,
            int number,
            DictionarySettings settings,
            KeyRule keyRule)
            throws IOException {
        long memoryLength = settings.memoryLength() / settings.managers();
        long keysMax =
                settings.keysMax() == 0
                        ? PoolGeometry.entriesMaxDefault(memoryLength)
                        : keysOfOne(settings.keysMax(), settings.managers());
        PoolGeometry geometry = MemoryPool.geometry(
                memoryLength, (int) keysMax, keyRule.hashSeed(), settings.workingSet())
                .withLimits(settings.limits());
        Path pool = directory.createPool(number);
        if (geometry.limits().spills()) {
            // Dictionaries of one name, of other clusters and users, may have their files beside it.
            String file =
                    "ddict-" + settings.name() + "-" + number + "-" + UUID.randomUUID() + ".spill";
            MappedPool.createSpill(pool, settings.spillPath().resolve(file), geometry);
        }
        return MemoryPool.create(pool, geometry, MemoryRegion::new);
    }

    private static void prepareSpill(DictionarySettings settings) throws IOException {
        Path folder = settings.spillPath();
        long wanted = settings.limits().spillLength() * settings.managers();
        long usable = -1;
        IOException cause = null;
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, "ddict-", ".spill"));
            usable = Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            cause = e;
        }
        if (usable < wanted) {
            throw new IOException(
                    "no room for values on a disk: spillPath="
                            + folder
                            + ", wanted="
                            + wanted
                            + "B, usable="
                            + (cause == null ? usable + "B" : "unknown, cause=" + cause)
                            + "; choose a directory that can be written to, on a disk with room",
                    cause);
        }
    }

    private static Dictionary start(Dictionary dictionary) throws IOException {
        // What an earlier service was given is over; this one fills it before anybody else knows of it.
        dictionary.renewLease(PoolStatus.NO_LEASE);
        Persistence persistence = dictionary.persistence;
        if (persistence != null) {
            persistence.attach(dictionary.managers);
        }
        if (dictionary.continuous != null) {
            dictionary.continuous.attach(dictionary.managers);
        }
        dictionary.managers.forEach(Manager::start);
        if (dictionary.directory.isKept()) {
            dictionary.emptyIfHalfRestored();
        } else if (persistence != null) {
            persistence.loadFirst();
        }
        if (dictionary.continuous != null) {
            dictionary.continuous.loadFirst();
        }
        dictionary.directory.complete();
        return dictionary;
    }

    // Its service ended while it was being restored: some managers may have the old, some the new.
    private void emptyIfHalfRestored() {
        long newest = 0;
        boolean isHalf = false;
        for (Manager each : managers) {
            PoolStatus status = each.pool().mapped().status();
            newest = Math.max(newest, status.newest());
            isHalf |= (status.state() & PoolStatus.STATE_RESTORING) != 0;
        }
        if (isHalf) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "dictionary was kept while it was being restored, and begins empty: dictionary="
                            + name);
            long checkpoint = newest;
            change("restart", manager -> manager.beginRestore(checkpoint));
            change("restart", manager -> manager.endRestore(checkpoint, false, false));
        }
    }

    /** Whether it began with what it had in an earlier service. */
    boolean isTakenOver() {
        return directory.isKept()
                || persistence != null && persistence.hasRestored()
                || continuous != null && continuous.goesOn();
    }

    /** Lets clients use it until a time; see {@link io.ddict.manager.cluster.Duties}. */
    void renewLease(long deadlineNs) {
        for (Manager each : managers) {
            try {
                each.pool().mapped().status().publishLease(deadlineNs);
            } catch (IllegalStateException e) {
                // It is just being closed.
            }
        }
    }

    /** Whether it can outlive the service. */
    boolean isRestartable() {
        return directory.isRestartable() || continuous != null;
    }

    /** Refuses to keep what would go with the service. */
    void requireRestartable() {
        if (!isRestartable()) {
            throw new IllegalArgumentException(
                    "dictionary cannot be kept: dictionary="
                            + name
                            + "; create it with restartable(true), or with continuous durability");
        }
    }

    String name() {
        return name;
    }

    KeyRule keyRule() {
        return keyRule;
    }

    List<Path> poolDirectories() {
        return managers.stream().map(Dictionary::poolDirectory).toList();
    }

    /** Directory of a manager's pool, which is on this node. */
    Path poolDirectory(int number) {
        return poolDirectory(manager(number));
    }

    private static Path poolDirectory(Manager manager) {
        return manager.pool().mapped().directory();
    }

    /**
     * Makes a link to a manager on this node. Blocks until the manager has, 15 s at most.
     *
     * @throws IOException if it cannot be made
     */
    int openLink(int number) throws IOException {
        try {
            return manager(number).openLink().get(LINK_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "link cannot be made: dictionary="
                            + name
                            + ", manager="
                            + number
                            + ", cause="
                            + (e.getCause() == null ? e : e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Ends a link. */
    void closeLink(int number, int link) {
        var _ = manager(number).closeLink(link);
    }

    /** The manager of a number, which is on this node. */
    Manager manager(int number) {
        int index = number - firstManager;
        if (index < 0 || index >= managers.size()) {
            throw new IllegalArgumentException(
                    "no such manager on this node: manager="
                            + number
                            + ", first="
                            + firstManager
                            + ", managers="
                            + managers.size());
        }
        return managers.get(index);
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
     * Tells all clients that it is gone, lets what they had posted end, stops the managers, and removes
     * their files or keeps them to be taken over. What is being persisted is waited for, 15 s at most.
     */
    synchronized void destroy(boolean keep) throws IOException {
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
        try {
            if (continuous != null && !keep) {
                continuous.remove();
            }
        } finally {
            stop();
            if (keep && directory.isRestartable()) {
                directory.leave();
            } else {
                directory.remove();
            }
        }
    }

    /** Stops the managers and leaves the files; what is being persisted is waited for, 2 s at most. */
    void close() {
        stop();
        try {
            directory.leave();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // They look into each other's pools.
    private static void close(List<Manager> managers) {
        managers.forEach(Manager::stop);
        managers.forEach(Manager::close);
    }

    private void stop() {
        if (persistence != null) {
            boolean _ = persistence.awaitWritten(CLOSE_TIMEOUT_MS);
            persistence.close();
        }
        if (continuous != null) {
            continuous.close();
        }
        close(managers);
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
                .filter(index -> changes.get(index).state() != Future.State.SUCCESS)
                .mapToObj(index -> firstManager + index)
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
