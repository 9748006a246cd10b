package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import io.ddict.client.protocol.DictionaryLocation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/*
 * One service answers for the dictionary as a whole, so that calls from all nodes come one
 * after the other, and all parts to the same state. It asks all parts at the same time; each bounds its own
 * time.
 */

/** A dictionary whose managers are on several nodes, at the service that answers for it. */
final class SpreadDictionary implements DictionaryCalls {
    private final DictionaryLocation location;
    private final String name;
    private final List<DictionaryCalls> parts;
    private final Runnable onDestroyed;
    private long shown;

    /**
     * Takes the parts, that of this service first.
     *
     * @param shown the persisted checkpoint that it began with; negative for none
     * @param onDestroyed runs when it has been destroyed
     */
    SpreadDictionary(
            DictionaryLocation location,
            List<DictionaryCalls> parts,
            long shown,
            Runnable onDestroyed) {
        this.location = location;
        this.name = location.name();
        this.parts = List.copyOf(parts);
        this.shown = shown;
        this.onDestroyed = onDestroyed;
    }

    /** Whether it is the one at a location, and not another of the name. */
    boolean isAt(DictionaryLocation other) {
        return location.seats().equals(other.seats());
    }

    @Override
    public synchronized void freeze() throws IOException {
        each(DictionaryCalls::freeze);
    }

    @Override
    public synchronized void unfreeze() throws IOException {
        each(DictionaryCalls::unfreeze);
    }

    // Several may be persisted at a time.
    @Override
    public void persist(long checkpoint) throws IOException {
        each(part -> part.persist(checkpoint));
    }

    @Override
    public List<Long> persisted() throws IOException {
        TreeSet<Long> ids = new TreeSet<>(parts.getFirst().persisted());
        for (DictionaryCalls part : parts.subList(1, parts.size())) {
            ids.retainAll(part.persisted());
        }
        return List.copyOf(ids);
    }

    @Override
    public synchronized void restore(long checkpoint) throws IOException {
        DictionaryCalls.super.restore(checkpoint);
        shown = checkpoint;
    }

    @Override
    public void beginRestore(long checkpoint) throws IOException {
        each(part -> part.beginRestore(checkpoint));
    }

    @Override
    public void loadRestored(long checkpoint) throws IOException {
        each(part -> part.loadRestored(checkpoint));
    }

    @Override
    public void endRestore(boolean keep) throws IOException {
        each(part -> part.endRestore(keep));
    }

    /** Goes to the newest checkpoint that all parts have persisted, where they may have begun later. */
    synchronized void restoreNewest() throws IOException {
        List<Long> ids = persisted();
        if (ids.isEmpty()) {
            throw new PersistedCheckpointUnavailableException(
                    "no checkpoint was persisted by all nodes: dictionary=" + name);
        }
        restore(ids.getLast());
    }

    @Override
    public synchronized long advance() throws IOException {
        List<Long> ids = persisted();
        long next = ids.stream()
                .filter(id -> id > shown)
                .findFirst()
                .orElseThrow(() -> new PersistedCheckpointUnavailableException(
                        "no such persisted checkpoint: after="
                                + shown
                                + ", persisted="
                                + ids
                                + ", dictionary="
                                + name));
        restore(next);
        return next;
    }

    @Override
    public synchronized void destroy(boolean keep) throws IOException {
        each(part -> destroy(part, keep));
        onDestroyed.run();
    }

    // What a silent node has it gives up by itself when it comes back. One that is only out of reach from
    // here would keep it.
    private static void destroy(DictionaryCalls part, boolean keep) throws IOException {
        try {
            part.destroy(keep);
        } catch (DestroyedException e) {
            // By a call that failed elsewhere.
        } catch (ManagerLostException e) {
            if (!part.isGone()) {
                throw e;
            }
        }
    }

    /** Calls all parts, and then throws what the first that failed threw. */
    private void each(PartCall call) throws IOException {
        List<FutureTask<Void>> calls = new ArrayList<>();
        for (DictionaryCalls part : parts) {
            FutureTask<Void> task = new FutureTask<>(() -> {
                call.on(part);
                return null;
            });
            Thread.ofVirtual().name("ddict-part").start(task);
            calls.add(task);
        }
        Throwable failure = null;
        for (FutureTask<Void> task : calls) {
            Throwable thrown = outcome(task);
            failure = failure == null ? thrown : failure;
        }
        switch (failure) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IOException(e);
        }
    }

    private @Nullable Throwable outcome(FutureTask<Void> task) {
        try {
            task.get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DDictException(
                    DDictException.Status.TIMEOUT,
                    "interrupted: dictionary=" + name + "; repeat what was asked for");
        }
    }

    /** What is asked of each part. */
    interface PartCall {
        /** Asks. */
        void on(DictionaryCalls part) throws IOException;
    }
}
