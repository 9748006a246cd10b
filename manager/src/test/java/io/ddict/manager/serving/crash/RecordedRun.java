package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.Manager;
import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A manager and its clients at work on one thread, on regions that record. */
final class RecordedRun implements AutoCloseable {
    private static final int KEYS_MAX = 300;
    private static final long COMPACTION_NS_MAX = TimeUnit.MILLISECONDS.toNanos(500);

    private final Path directory;
    private final StoreLog log;
    private final MemoryPool pool;
    private final Manager manager;
    private final Map<Integer, DrivenClient> clients = new TreeMap<>();
    private List<Posted> history = new ArrayList<>();

    private RecordedRun(Path directory, Scenario scenario) throws IOException {
        this.directory = directory;
        this.log = new StoreLog(directory);
        this.pool =
                MemoryPool.create(
                        directory,
                        MemoryPool.geometry(
                                scenario.memoryLength(), KEYS_MAX, 7, scenario.workingSet()),
                        log.regions(Store.MANAGER));
        this.manager = new Manager(0, pool);
    }

    /** Plays a scenario and returns what was stored. */
    static Recording record(Scenario scenario, Path directory) throws IOException {
        try (RecordedRun run = new RecordedRun(directory, scenario)) {
            scenario.base().play(run);
            run.drain();
            Map<String, Entry> start = Posted.fold(Map.of(), run.history).entries();
            run.history = new ArrayList<>();
            PoolImage image = PoolImage.take(directory);
            run.log.restart();
            scenario.script().play(run);
            run.drain();
            Recording recording =
                    new Recording(scenario.name(), false, image, start, run.log.stores(),
                            run.history);
            Successor.checkEntries(run.pool, recording.expectedAt(run.log.size()).entries());
            return recording;
        }
    }

    /** Lets a successor take over where a recording stops, and records that. */
    static Recording recordTakeover(Recording recording, int prefix, Path directory)
            throws IOException {
        try (Workbench bench = new Workbench(directory)) {
            bench.restore(recording.image());
            recording.stores().subList(0, prefix).forEach(bench::apply);
            PoolImage image = PoolImage.take(directory);
            StoreLog log = new StoreLog(directory);
            log.adoptLinks();
            Map<String, Entry> expected = recording.expectedAt(prefix).entries();
            try (Successor successor = new Successor(directory, log.regions(Store.MANAGER))) {
                successor.drain().check(expected);
                String name = recording.name() + ", taken over at " + prefix;
                return new Recording(name, true, image, expected, log.stores(), List.of());
            }
        }
    }

    /** The client of a number, from 1; opened when it is first asked for. */
    DrivenClient client(int number) {
        return clients.computeIfAbsent(number, this::open);
    }

    /** Lets the manager work once. */
    void turn() {
        int _ = manager.doWork();
    }

    /** Lets the manager apply what was posted. */
    void drain() {
        do {
            turn();
        } while (pool.mapped().status().applied() < pool.mapped().ring().tail());
    }

    /** Tells the manager that a client is dead. */
    void end(int number) {
        var _ = manager.closeLink(clients.remove(number).link());
        turn();
    }

    /** Lets the manager join free space until it is done, or has moved enough. */
    void compact(long recordsMoved) {
        PoolStatus status = pool.mapped().status();
        long enough = status.counter(PoolCounter.RECORDS_MOVED) + recordsMoved;
        long end = System.nanoTime() + COMPACTION_NS_MAX;
        while (status.counter(PoolCounter.RECORDS_MOVED) < enough && System.nanoTime() < end) {
            turn();
        }
    }

    /** Makes the pool read-only. */
    void freeze() {
        var _ = manager.freeze();
        turn();
    }

    /** Makes it writable again. */
    void unfreeze() {
        var _ = manager.unfreeze();
        turn();
    }

    /** The pool, to look at. */
    MappedPool pool() {
        return pool.mapped();
    }

    @Override
    public void close() {
        clients.values().forEach(DrivenClient::close);
        manager.close();
    }

    private DrivenClient open(int number) {
        CompletableFuture<Integer> opened = manager.openLink();
        turn();
        int link = opened.join();
        return new DrivenClient(
                manager, MappedPool.openAsClient(directory, log.regions(link)), link, log,
                history());
    }

    // The list changes once, after the base; clients add to whichever it is.
    private List<Posted> history() {
        return new java.util.AbstractList<>() {
            @Override
            public Posted get(int index) {
                return history.get(index);
            }

            @Override
            public int size() {
                return history.size();
            }

            @Override
            public boolean add(Posted posted) {
                return history.add(posted);
            }
        };
    }

    /**
     * What a run stored.
     *
     * @param isTakeover whether it is a successor's work, on what a predecessor left in the middle
     * @param image files at the start
     * @param start what was there then
     * @param stores all stores from then on
     * @param posted operations from then on
     */
    record Recording(
            String name,
            boolean isTakeover,
            PoolImage image,
            Map<String, Entry> start,
            List<Store> stores,
            List<Posted> posted) {
        Recording {
            stores = List.copyOf(stores);
            posted = List.copyOf(posted);
        }

        /** Whether the pool holds several checkpoints. */
        boolean isVersioned() {
            return image.files().containsKey(PoolFile.VERSIONS.fileName());
        }

        /** Operations published by so many stores. */
        List<Posted> postedAt(int prefix) {
            return posted.stream().filter(each -> each.publishedAt() < prefix).toList();
        }

        /** What there must be if only so many stores were made. */
        Posted.Folded expectedAt(int prefix) {
            return Posted.fold(start, postedAt(prefix));
        }
    }
}
