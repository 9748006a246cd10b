package io.ddict.manager.persist;

import io.ddict.client.DDictException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SortedSet;
import java.util.TreeSet;

/** The persisted checkpoints of one dictionary: which there are, and their streams. */
final class StoredCheckpoints implements Closeable {
    private final Persister persister;
    private final PersistSettings settings;
    private final String dictionary;
    private final Manifest manifest;

    private StoredCheckpoints(
            Persister persister, PersistSettings settings, String dictionary, Manifest manifest) {
        this.persister = persister;
        this.settings = settings;
        this.dictionary = dictionary;
        this.manifest = manifest;
    }

    /**
     * Opens them.
     *
     * @param goesOn whether the dictionary is not a new one, and has what it persisted before
     * @throws IllegalArgumentException if there is no such persister, or what is there is another
     *     dictionary's
     */
    static StoredCheckpoints open(
            PersistSettings settings, String dictionary, Manifest wanted, boolean goesOn)
            throws IOException {
        PersisterProvider provider = provider(settings.persister());
        return open(
                provider.open(settings.path(), dictionary, settings.readOnly()),
                settings,
                dictionary,
                wanted,
                goesOn);
    }

    /** Opens what a persister keeps, which is closed with it. */
    static StoredCheckpoints open(
            Persister persister, PersistSettings settings, String dictionary, Manifest wanted,
            boolean goesOn)
            throws IOException {
        try {
            Manifest manifest =
                    settings.restores()
                            ? restored(persister, settings, dictionary, wanted)
                            : begun(persister, settings, dictionary, wanted, goesOn);
            StoredCheckpoints stored =
                    new StoredCheckpoints(persister, settings, dictionary, manifest);
            if (!settings.readOnly()) {
                stored.removeIncomplete();
            }
            return stored;
        } catch (IOException | RuntimeException | Error e) {
            persister.close();
            throw e;
        }
    }

    /** Seed of the dictionary's key hash. */
    long hashSeed() {
        return manifest.hashSeed();
    }

    /** Checkpoints that every manager has persisted. */
    SortedSet<Long> ids() throws IOException {
        return ids(persister, manifest.managers());
    }

    private static SortedSet<Long> ids(Persister persister, int managers) throws IOException {
        SortedSet<Long> ids = new TreeSet<>(persister.checkpoints(0));
        for (int manager = 1; manager < managers; manager++) {
            ids.retainAll(persister.checkpoints(manager));
        }
        return ids;
    }

    /** Throws unless every manager has persisted a checkpoint. */
    void require(long checkpoint) throws IOException {
        SortedSet<Long> ids = ids();
        if (!ids.contains(checkpoint)) {
            throw unavailable("checkpoint=" + checkpoint, ids);
        }
    }

    /** The first that was persisted after another. */
    long after(long checkpoint) throws IOException {
        SortedSet<Long> ids = ids();
        SortedSet<Long> later = ids.tailSet(checkpoint + 1);
        if (later.isEmpty()) {
            throw unavailable("after=" + checkpoint, ids);
        }
        return later.first();
    }

    CheckpointOutput write(long checkpoint, int manager) throws IOException {
        Persister.Stream stream = persister.create(checkpoint, manager);
        try {
            return new CheckpointOutput(stream, stamp(checkpoint, manager));
        } catch (IOException | RuntimeException | Error e) {
            stream.close();
            throw e;
        }
    }

    CheckpointInput read(long checkpoint, int manager) throws IOException {
        return new CheckpointInput(
                persister.open(checkpoint, manager),
                stamp(checkpoint, manager),
                persister.locate(checkpoint, manager));
    }

    /** Removes the oldest beyond those that are to be kept. */
    void removeSurplus() throws IOException {
        SortedSet<Long> ids = ids();
        while (settings.count() > 0 && ids.size() > settings.count()) {
            remove(ids.removeFirst());
        }
    }

    /** Removes those after one, the newest first: what is left is a history at any moment. */
    void removeAfter(long checkpoint) throws IOException {
        SortedSet<Long> later = new TreeSet<>();
        for (int manager = 0; manager < manifest.managers(); manager++) {
            later.addAll(persister.checkpoints(manager).tailSet(checkpoint + 1));
        }
        while (!later.isEmpty()) {
            remove(later.removeLast());
        }
    }

    @Override
    public void close() throws IOException {
        persister.close();
    }

    // Streams that some managers wrote before a crash and others did not.
    private void removeIncomplete() throws IOException {
        SortedSet<Long> complete = ids();
        for (int manager = 0; manager < manifest.managers(); manager++) {
            for (long each : persister.checkpoints(manager)) {
                if (!complete.contains(each)) {
                    persister.remove(each, manager);
                }
            }
        }
    }

    private void remove(long checkpoint) throws IOException {
        for (int manager = 0; manager < manifest.managers(); manager++) {
            persister.remove(checkpoint, manager);
        }
    }

    private Stamp stamp(long checkpoint, int manager) {
        return new Stamp(manifest.hashSeed(), manifest.managers(), manager, checkpoint);
    }

    private PersistedCheckpointUnavailableException unavailable(
            String wanted, SortedSet<Long> ids) {
        return unavailable(wanted, ids, dictionary, settings);
    }

    private static PersistedCheckpointUnavailableException unavailable(
            String wanted, SortedSet<Long> ids, String dictionary, PersistSettings settings) {
        return new PersistedCheckpointUnavailableException(
                "no such persisted checkpoint: "
                        + wanted
                        + ", persisted="
                        + ids
                        + ", dictionary="
                        + dictionary
                        + ", persistPath="
                        + settings.path());
    }

    private static PersisterProvider provider(String name) {
        TreeSet<String> known = new TreeSet<>();
        for (PersisterProvider each : ServiceLoader.load(PersisterProvider.class)) {
            if (each.name().equals(name)) {
                return each;
            }
            known.add(each.name());
        }
        throw new IllegalArgumentException(
                "no such persister: persister="
                        + name
                        + ", known="
                        + known
                        + "; its jar belongs into the folder lib of the node service");
    }

    private static Manifest restored(
            Persister persister, PersistSettings settings, String dictionary, Manifest wanted)
            throws IOException {
        Optional<byte[]> bytes = persister.manifest();
        if (bytes.isEmpty()) {
            throw unavailable(
                    "checkpoint=" + settings.restoreFrom(), new TreeSet<>(), dictionary, settings);
        }
        Manifest found = Manifest.of(bytes.get(), where(settings, dictionary));
        return requirePlaced(found, wanted);
    }

    private static Manifest requirePlaced(Manifest found, Manifest wanted) {
        if (found.managers() != wanted.managers()
                || !found.placement().equals(wanted.placement())) {
            throw new IllegalArgumentException(
                    "persisted with keys at other managers: managers="
                            + wanted.managers()
                            + ", placement="
                            + wanted.placement()
                            + ", persisted="
                            + found.managers()
                            + ", persistedPlacement="
                            + found.placement()
                            + "; restore with as many managers and the same placement");
        }
        return found;
    }

    private static Manifest begun(
            Persister persister, PersistSettings settings, String dictionary, Manifest wanted,
            boolean goesOn)
            throws IOException {
        Optional<byte[]> bytes = persister.manifest();
        if (bytes.isPresent()) {
            Manifest found = Manifest.of(bytes.get(), where(settings, dictionary));
            if (goesOn && found.equals(wanted)) {
                return found;
            }
            if (settings.goesOn() && !ids(persister, found.managers()).isEmpty()) {
                return requirePlaced(found, wanted);
            }
            requireNone(ids(persister, found.managers()), settings, dictionary);
        }
        persister.manifest(wanted.bytes());
        return wanted;
    }

    private static void requireNone(
            SortedSet<Long> earlier, PersistSettings settings, String dictionary) {
        if (!earlier.isEmpty()) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "checkpoints of an earlier dictionary are there: persisted="
                            + earlier
                            + ", dictionary="
                            + dictionary
                            + ", persistPath="
                            + settings.path()
                            + "; give restoreFrom to go on with one, or another name or path, or remove"
                            + " them");
        }
    }

    private static String where(PersistSettings settings, String dictionary) {
        return "manifest of " + dictionary + " in " + settings.path();
    }
}
