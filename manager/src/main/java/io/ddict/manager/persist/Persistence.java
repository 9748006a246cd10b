package io.ddict.manager.persist;

import static io.ddict.manager.persist.ManagerAnswers.await;
import static io.ddict.manager.persist.ManagerAnswers.awaitAll;
import static io.ddict.manager.persist.ManagerAnswers.bounded;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDictException;
import io.ddict.manager.serving.Manager;
import io.ddict.store.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/*
 * Each stream has a thread of its own while it is written: it asks the manager for the next block, which
 * the manager copies between two batches, and writes it. A manager never waits for a disk.
 */

/** Persists and restores one dictionary. Safe from any thread. */
public final class Persistence implements Restorable, AutoCloseable {
    /** Streams of one manager that are written at a time; what retires meanwhile is not persisted. */
    static final int SNAPSHOTS_MAX = 4;

    private static final System.Logger LOGGER = System.getLogger(Persistence.class.getName());
    private static final long WRITTEN_TIMEOUT_MS = 60_000;

    private final String dictionary;
    private final PersistSettings settings;
    private final StoredCheckpoints stored;
    private final Queue<CompletableFuture<Void>> writing = new ConcurrentLinkedQueue<>();
    // Guarded by the streams that are written: none begins while it is set.
    private boolean restoring;
    private List<Manager> managers = List.of();
    private long shown = -1;
    // The managers are emptied and refuse clients while it is not negative.
    private long loading = -1;
    private boolean loaded;

    Persistence(String dictionary, PersistSettings settings, StoredCheckpoints stored) {
        this.dictionary = dictionary;
        this.settings = settings;
        this.stored = stored;
    }

    /**
     * Opens what is persisted of a dictionary.
     *
     * @param hashSeed of a dictionary that restores nothing
     * @param placement name of the function that places keys; empty if their hash does
     * @param goesOn whether the dictionary was kept, and has what it persisted before
     * @throws IOException if it cannot be read or written
     * @throws DDictException if it is another dictionary's, or misses the checkpoint to begin with
     */
    public static Persistence open(
            PersistSettings settings, String dictionary, int managers, long hashSeed,
            String placement, boolean goesOn)
            throws IOException {
        Manifest wanted = new Manifest(hashSeed, managers, placement);
        return new Persistence(
                dictionary, settings, StoredCheckpoints.open(settings, dictionary, wanted, goesOn));
    }

    /** Seed of the dictionary's key hash. */
    public long hashSeed() {
        return stored.hashSeed();
    }

    /** Takes the managers, before they are started; from now on what retires is persisted. */
    public void attach(List<Manager> all) {
        managers = all;
        for (int number = 0; number < all.size(); number++) {
            int manager = number;
            if (settings.frequency() > 0) {
                all.get(number).onRetire(
                        (checkpoint, position) -> retires(manager, checkpoint, position));
            }
        }
    }

    /** Loads the checkpoint that the dictionary begins with, if it does. */
    public void loadFirst() throws IOException {
        SortedSet<Long> ids = settings.goesOn() ? stored.ids() : new TreeSet<>();
        if (settings.restores()) {
            restore(settings.restoreFrom());
        } else if (!ids.isEmpty()) {
            restore(ids.last());
        }
    }

    /** Whether the dictionary shows a persisted checkpoint, or began with one. */
    public boolean hasRestored() {
        return shown >= 0;
    }

    /** Whether the dictionary only shows what was persisted. */
    public boolean isReadOnly() {
        return settings.readOnly();
    }

    /** Checkpoints that every manager has persisted, in order. */
    public List<Long> ids() throws IOException {
        return List.copyOf(stored.ids());
    }

    /**
     * Persists what a held checkpoint holds now. Returns when it will survive a crash of the machine.
     *
     * @throws CheckpointRetiredException if it is not held any more
     */
    public void persist(long checkpoint) throws IOException {
        requireWritable("persist");
        List<CompletableFuture<Snapshot>> begun = new ArrayList<>();
        for (Manager each : managers) {
            begun.add(bounded(each.beginSnapshot(checkpoint, SNAPSHOTS_MAX)));
        }
        List<CompletableFuture<Void>> written = new ArrayList<>();
        for (int number = 0; number < begun.size(); number++) {
            int manager = number;
            written.add(begun.get(number).thenCompose(snapshot -> startWriting(manager, snapshot)));
        }
        awaitAll(written);
    }

    /** As {@link Restorable#restore}; later checkpoints are removed unless the dictionary is read-only. */
    @Override
    public synchronized void restore(long checkpoint) throws IOException {
        Restorable.super.restore(checkpoint);
    }

    // What is written meanwhile would come to lie behind what is restored, or push it out.
    @Override
    public synchronized void beginRestore(long checkpoint) throws IOException {
        stored.require(checkpoint);
        restoring(true);
        if (!awaitWritten(WRITTEN_TIMEOUT_MS)) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "checkpoints are being persisted: dictionary="
                            + dictionary
                            + ", waited="
                            + WRITTEN_TIMEOUT_MS
                            + "ms; restore when they are");
        }
        for (int manager = 0; manager < managers.size(); manager++) {
            try (CheckpointInput input = stored.read(checkpoint, manager)) {
                input.check();
            }
        }
    }

    @Override
    public synchronized void loadRestored(long checkpoint) throws IOException {
        loading = checkpoint;
        loaded = false;
        awaitAll(managers.stream().map(each -> bounded(each.beginRestore(checkpoint))).toList());
        List<CompletableFuture<Void>> loads = new ArrayList<>();
        for (int manager = 0; manager < managers.size(); manager++) {
            loads.add(startLoading(manager, checkpoint));
        }
        awaitAll(loads);
        loaded = true;
    }

    @Override
    public synchronized void endRestore(boolean keep) throws IOException {
        if (keep && !loaded) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "restore was given up meanwhile: dictionary=" + dictionary + "; call again");
        }
        try {
            if (loading >= 0) {
                show(loading, keep);
            }
        } finally {
            restoring(loading >= 0);
        }
    }

    private void show(long checkpoint, boolean keep) throws IOException {
        awaitAll(managers.stream()
                .map(each -> bounded(each.endRestore(checkpoint, keep, settings.readOnly())))
                .toList());
        loading = -1;
        loaded = false;
        if (keep) {
            shown = checkpoint;
            if (!settings.readOnly()) {
                stored.removeAfter(checkpoint);
            }
        }
    }

    private void restoring(boolean now) {
        synchronized (writing) {
            restoring = now;
        }
    }

    /**
     * Shows the next persisted checkpoint of a read-only dictionary.
     *
     * @return which it is
     */
    public synchronized long advance() throws IOException {
        if (!settings.readOnly()) {
            throw new IllegalArgumentException(
                    "only a read-only dictionary can advance: dictionary=" + dictionary);
        }
        long next = stored.after(shown);
        restore(next);
        return next;
    }

    /** Waits for what is being written, so long at most; whether all was. */
    public boolean awaitWritten(long timeoutMs) {
        try {
            CompletableFuture.allOf(writing.toArray(CompletableFuture<?>[]::new))
                    .get(timeoutMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            // Whoever asked for it is told.
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        try {
            stored.close();
        } catch (IOException e) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "persister cannot be closed: dictionary=" + dictionary,
                    e);
        }
    }

    // On the manager's thread, before the checkpoint goes.
    private void retires(int manager, long checkpoint, long position) {
        if (checkpoint % settings.frequency() != 0) {
            return;
        }
        Snapshot snapshot =
                managers.get(manager).trySnapshot(checkpoint, position, SNAPSHOTS_MAX);
        if (snapshot != null) {
            startWriting(manager, snapshot).exceptionally(error -> {
                LOGGER.log(
                        System.Logger.Level.WARNING,
                        "checkpoint was not persisted: checkpoint="
                                + checkpoint
                                + ", manager="
                                + manager
                                + ", dictionary="
                                + dictionary,
                        error);
                return null;
            });
        }
    }

    private CompletableFuture<Void> startWriting(int manager, Snapshot snapshot) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        if (!enter(written)) {
            managers.get(manager).endSnapshot(snapshot, false);
            written.completeExceptionally(
                    new DDictException(
                            DDictException.Status.UNAVAILABLE,
                            "dictionary is being restored: dictionary="
                                    + dictionary
                                    + "; call again when that has ended"));
            return written;
        }
        Thread.ofPlatform().daemon().name("ddict-persist-" + manager).start(() -> {
            try {
                write(manager, snapshot);
                written.complete(null);
            } catch (IOException | RuntimeException | Error e) {
                written.completeExceptionally(e);
            }
        });
        return written;
    }

    private boolean enter(CompletableFuture<Void> written) {
        synchronized (writing) {
            boolean _ = writing.removeIf(CompletableFuture::isDone);
            return !restoring && writing.add(written);
        }
    }

    private void write(int number, Snapshot snapshot) throws IOException {
        Manager manager = managers.get(number);
        boolean written = false;
        try (CheckpointOutput output = stored.write(snapshot.checkpoint(), number)) {
            long length = await(manager.copy(snapshot, output.block()));
            while (length > 0) {
                output.write((int) length);
                length = await(manager.copy(snapshot, output.block()));
            }
            output.commit(snapshot.records());
            written = true;
        } finally {
            manager.endSnapshot(snapshot, written);
        }
        removeSurplus();
    }

    // Not under the lock of a restore, which waits for this.
    private void removeSurplus() throws IOException {
        synchronized (stored) {
            stored.removeSurplus();
        }
    }

    private CompletableFuture<Void> startLoading(int manager, long checkpoint) {
        CompletableFuture<Void> loaded = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("ddict-restore-" + manager).start(() -> {
            try {
                loadManager(manager, checkpoint);
                loaded.complete(null);
            } catch (IOException | RuntimeException | Error e) {
                loaded.completeExceptionally(e);
            }
        });
        return loaded;
    }

    private void loadManager(int number, long checkpoint) throws IOException {
        try (CheckpointInput input = stored.read(checkpoint, number)) {
            CheckpointLoader.load(number, managers.get(number), input, checkpoint);
        }
    }

    private void requireWritable(String what) {
        if (settings.readOnly()) {
            throw new IllegalArgumentException(
                    "a read-only dictionary cannot " + what + ": dictionary=" + dictionary);
        }
    }
}
