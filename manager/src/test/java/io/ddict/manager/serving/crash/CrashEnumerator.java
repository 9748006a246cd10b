package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.manager.serving.crash.Posted.Folded;
import io.ddict.manager.serving.crash.RecordedRun.Recording;
import io.ddict.manager.serving.crash.Store.Order;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.PoolFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * For each prefix of a recording's stores: the files as they are after so many stores; a successor
 * takes over, applies what was posted, and all must be as if it had been applied once, by nobody
 * else. Then the same
 *
 *   weakly   with plain stores left out that no later store of their actor orders, or torn, or with
 *            later ones that came early: a compiler and a processor may do that
 *   late     with a client that was stopped at the crash and goes on afterwards, once others have
 *            filled the memory; what it publishes then is applied too
 */

/** Replays every crash of a recording. */
final class CrashEnumerator {
    private static final int WEAK_VARIANTS = 1;
    private static final int HOISTED_PAST = 2;
    private static final int LATE_EVERY = 3;
    private static final int PREFIXES_MAX = 250;
    // Where the note of a slide lies in the status file.
    private static final long SLIDE_OFFSET = 768;

    private final Recording recording;
    private final List<Store> stores;
    private final ReaderRules readers;
    // Prefixes whose last store changed something; of a long recording, as many as there is time for.
    private final BitSet changes = new BitSet();
    private final long seed;
    private final Counts counts;
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

    private CrashEnumerator(Recording recording, long seed, Counts counts) {
        this.recording = recording;
        this.stores = recording.stores();
        this.readers = new ReaderRules(recording);
        this.seed = seed;
        this.counts = counts;
        noteChanges();
        Random random = new Random(seed);
        while (changes.cardinality() > PREFIXES_MAX) {
            changes.clear(random.nextInt(stores.size()));
        }
    }

    private void noteChanges() {
        Map<String, byte[]> files = new HashMap<>();
        recording.image().files().forEach((name, bytes) -> files.put(name, bytes.clone()));
        changes.set(0);
        for (int i = 0; i < stores.size(); i++) {
            Store store = stores.get(i);
            if (store.order() == Order.CREATE_FILE) {
                files.put(store.file(), store.bytes().clone());
                changes.set(i + 1);
            } else if (store.order() == Order.DELETE_FILE) {
                changes.set(i + 1);
            } else {
                byte[] file = files.get(store.file());
                int from = (int) store.offset();
                int to = (int) store.end();
                changes.set(i + 1, !Arrays.equals(file, from, to, store.bytes(), 0, to - from));
                System.arraycopy(store.bytes(), 0, file, from, to - from);
            }
        }
    }

    /**
     * Replays all crashes of a recording.
     *
     * @param directory where directories can be made
     * @param threads how many work at it
     * @return what went wrong, each with how to find it again
     */
    static List<String> run(
            Recording recording, Path directory, int threads, long seed, Counts counts)
            throws IOException, InterruptedException {
        CrashEnumerator enumerator;
        try {
            enumerator = new CrashEnumerator(recording, seed, counts);
        } catch (AssertionError e) {
            return List.of(recording.name() + ": " + e.getMessage());
        }
        counts.scenarios.incrementAndGet();
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            List<Future<Void>> done = new ArrayList<>();
            for (int worker = 0; worker < threads; worker++) {
                Path own = Files.createDirectory(directory.resolve("worker-" + worker));
                int first = worker;
                done.add(workers.submit(() -> enumerator.runEach(own, first, threads)));
            }
            for (Future<Void> each : done) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return List.copyOf(enumerator.failures);
    }

    private Void runEach(Path directory, int first, int step) throws Exception {
        try (Workbench bench = new Workbench(directory)) {
            for (int prefix = first; prefix <= stores.size(); prefix += step) {
                int at = prefix;
                if (!changes.get(prefix)) {
                    continue;
                }
                counts.prefixes.incrementAndGet();
                attempt(prefix, "exact", () -> exact(bench, at));
                if (prefix < stores.size() && stores.get(prefix).order() == Order.CREATE_FILE) {
                    attempt(prefix, "file cut short", () -> cutShort(bench, at));
                }
                for (int variant = 0; variant < WEAK_VARIANTS; variant++) {
                    Random random = new Random(seed + 1_000_003L * prefix + variant);
                    attempt(prefix, "weak variant " + variant, () -> weak(bench, at, random));
                }
                for (int link : lateLinks(prefix)) {
                    if (isWorthBeingLate(prefix, link)) {
                        attempt(prefix, "late client " + link, () -> late(bench, at, link));
                    }
                }
            }
        }
        return null;
    }

    private void attempt(int prefix, String what, Callable<Void> body) {
        try {
            var _ = body.call();
        } catch (Exception | AssertionError e) {
            failures.add(
                    recording.name()
                            + ", "
                            + what
                            + ", prefix "
                            + prefix
                            + " of "
                            + stores.size()
                            + " ("
                            + (prefix == 0 ? "nothing" : stores.get(prefix - 1))
                            + "), seed "
                            + seed
                            + ": "
                            + Failures.text(e));
        }
    }

    private Void exact(Workbench bench, int prefix) throws IOException {
        bench.restore(recording.image());
        for (Store store : stores.subList(0, prefix)) {
            bench.apply(store);
        }
        boolean clientsLive = prefix % 4 < 2;
        if (clientsLive) {
            for (String link : bench.links()) {
                bench.keepAlive(link);
            }
        }
        Folded expected = recording.expectedAt(prefix);
        counts.recoveries.incrementAndGet();
        try (Successor successor = new Successor(bench.directory(), bench.regions())) {
            successor.drain().check(expected.entries());
            checkStaleReaders(successor, prefix);
            successor.checkAnswers(recording.image(), expected.outcomes());
            successor.exercise(expected.entries(), new Random(seed + prefix));
        }
        return null;
    }

    // The manager ended while it made a link's file, before it told anybody.
    private Void cutShort(Workbench bench, int prefix) throws IOException {
        Store created = stores.get(prefix);
        int length = created.bytes().length;
        byte[] headerless = created.bytes().clone();
        Arrays.fill(headerless, 0, Long.BYTES, (byte) 0);
        for (byte[] content : List.of(new byte[0], new byte[length / 2], new byte[length],
                headerless)) {
            bench.restore(recording.image());
            for (Store store : stores.subList(0, prefix)) {
                bench.apply(store);
            }
            bench.create(created.file(), content);
            counts.recoveries.incrementAndGet();
            Map<String, Entry> expected = recording.expectedAt(prefix).entries();
            try (Successor successor = new Successor(bench.directory(), bench.regions())) {
                successor.drain().check(expected);
                successor.exercise(expected, new Random(seed));
            }
        }
        return null;
    }

    // All moments of the client itself, and a part of those while others work.
    private boolean isWorthBeingLate(int prefix, int link) {
        boolean isOwnMoment = prefix > 0 && stores.get(prefix - 1).actor() == link;
        return isOwnMoment || (prefix + seed) % LATE_EVERY == 0;
    }

    // A reader that goes by what it took before the crash must find the generation changed.
    private void checkStaleReaders(Successor successor, int prefix) {
        EntryArray entries = successor.mapped().entries();
        for (ReaderRules.View view : readers.staleViews(prefix)) {
            if (entries.generation(view.ordinal()) == view.generation()) {
                throw new AssertionError(
                        "a reader would not see that its record is gone: view=" + view);
            }
        }
    }

    private Void weak(Workbench bench, int prefix, Random random) throws IOException {
        int[] lastOrdered = lastOrdered(prefix);
        boolean differs = false;
        bench.restore(recording.image());
        for (int i = 0; i < prefix; i++) {
            Store store = stores.get(i);
            if (store.isPlain() && i > lastOrdered[store.actor()]) {
                differs |= applyPerhaps(bench, store, random);
            } else {
                bench.apply(store);
            }
        }
        for (Store store : hoistable(prefix)) {
            if (random.nextInt(3) == 0) {
                differs = true;
                bench.apply(store);
            }
        }
        differs |= goAhead(bench, prefix, random);
        if (differs) {
            counts.recoveries.incrementAndGet();
            try (Successor successor = new Successor(bench.directory(), bench.regions())) {
                successor.drain().check(recording.expectedAt(prefix).entries());
            }
        }
        return null;
    }

    // A client that prepares its next operation while its manager is still at work.
    private boolean goAhead(Workbench bench, int prefix, Random random) {
        List<Integer> links = lateLinks(prefix);
        if (links.isEmpty() || random.nextBoolean()) {
            return false;
        }
        int link = links.get(random.nextInt(links.size()));
        int count = random.nextInt(12);
        for (Store store : stores.subList(prefix, stores.size())) {
            if (store.actor() == link) {
                boolean isTaken = store.order() == Order.COMPARE_AND_SET
                        && bench.read(store.file(), store.offset()) != store.expected();
                if (count-- == 0
                        || store.needs() > prefix
                        || isTaken
                        || DrivenClient.isPublication(store)) {
                    return true;
                }
                bench.apply(store);
            }
        }
        return true;
    }

    private int[] lastOrdered(int prefix) {
        int[] last = new int[64];
        Arrays.fill(last, -1);
        for (int i = 0; i < prefix; i++) {
            if (!stores.get(i).isPlain()) {
                last[stores.get(i).actor()] = i;
            }
        }
        return last;
    }

    private static boolean applyPerhaps(Workbench bench, Store store, Random random) {
        int length = store.bytes().length;
        int kind = random.nextInt(4);
        if (kind >= 2) {
            bench.apply(store);
            return false;
        }
        if (kind == 1 && length > Long.BYTES) {
            int from = random.nextInt(length);
            int to = from + 1 + random.nextInt(length - from);
            bench.write(store.file(), store.offset() + from,
                    Arrays.copyOfRange(store.bytes(), from, to));
        }
        return true;
    }

    // Plain stores that may overtake the ordered ones before them, up to a point: nothing overtakes a
    // compare-and-set, or what it depends on, or the fences behind a generation and the note of a slide.
    private List<Store> hoistable(int prefix) {
        List<Store> found = new ArrayList<>();
        boolean clientDone = false;
        boolean managerDone = false;
        int ordered = 0;
        for (Store store : stores.subList(prefix, stores.size())) {
            if (ordered > HOISTED_PAST || clientDone && managerDone) {
                break;
            }
            boolean isManagers = store.actor() == Store.MANAGER;
            clientDone |= isManagers || store.needs() > prefix || isBarrier(store);
            managerDone |= DrivenClient.isPublication(store) || isManagers && isBarrier(store);
            if (isManagers ? !managerDone : !clientDone) {
                if (store.isPlain()) {
                    found.add(store);
                } else {
                    ordered++;
                }
            }
        }
        return found;
    }

    private static boolean isBarrier(Store store) {
        boolean isGeneration = store.file().equals(PoolFile.ENTRIES.fileName())
                && (store.offset() - 64) % EntryArray.ENTRY_LENGTH == 0;
        boolean isSlide = store.file().equals(PoolFile.STATUS.fileName())
                && store.order() == Order.RELEASE
                && store.offset() >= SLIDE_OFFSET
                && store.offset() <= SLIDE_OFFSET + 32;
        return isGeneration
                || isSlide
                || store.order() == Order.COMPARE_AND_SET
                || store.order() == Order.CREATE_FILE
                || store.order() == Order.DELETE_FILE;
    }

    // Clients that have stores to make yet which do not depend on what the manager did not do.
    private List<Integer> lateLinks(int prefix) {
        return stores.subList(prefix, stores.size()).stream()
                .filter(each -> each.actor() != Store.MANAGER && each.needs() <= prefix)
                .map(Store::actor)
                .distinct()
                .filter(link -> hasFile(link, prefix))
                .toList();
    }

    private boolean hasFile(int link, int prefix) {
        String file = PoolFile.LINK.fileName() + link;
        boolean has = recording.image().files().containsKey(file);
        for (Store store : stores.subList(0, prefix)) {
            if (store.file().equals(file)) {
                has = store.order() != Order.DELETE_FILE;
            }
        }
        return has;
    }

    private Void late(Workbench bench, int prefix, int link) throws IOException {
        bench.restore(recording.image());
        for (Store store : stores.subList(0, prefix)) {
            bench.apply(store);
        }
        bench.keepAlive(PoolFile.LINK.fileName() + link);
        counts.recoveries.incrementAndGet();
        counts.late.incrementAndGet();
        try (Successor successor = new Successor(bench.directory(), bench.regions())) {
            successor.drain().check(recording.expectedAt(prefix).entries());
            successor.fill();
            successor.drain();
            LateClient late = new LateClient(recording, bench, successor, link);
            late.goOnAfter(prefix);
            List<Posted> all = new ArrayList<>(recording.postedAt(prefix));
            all.addAll(successor.history());
            all.addAll(late.posted());
            Map<String, Entry> expected =
                    new HashMap<>(Posted.fold(recording.start(), all).entries());
            successor.drain().check(expected).takeAllBack();
        }
        return null;
    }

    /** What was done. */
    static final class Counts {
        final AtomicInteger scenarios = new AtomicInteger();
        final AtomicInteger prefixes = new AtomicInteger();
        final AtomicInteger recoveries = new AtomicInteger();
        final AtomicInteger late = new AtomicInteger();

        @Override
        public String toString() {
            return "scenarios="
                    + scenarios
                    + ", prefixes="
                    + prefixes
                    + ", recoveries="
                    + recoveries
                    + ", of these with a late client="
                    + late;
        }
    }

    /** The text of an error. */
    static final class Failures {
        private Failures() {}

        static String text(Throwable error) {
            StringBuilder text = new StringBuilder(String.valueOf(error));
            int lines = error instanceof AssertionError && error.getMessage() != null ? 0 : 12;
            for (StackTraceElement line : error.getStackTrace()) {
                if (lines-- > 0) {
                    text.append("\n    at ").append(line);
                }
            }
            return text.toString();
        }
    }
}
