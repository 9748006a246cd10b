package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.ClientProfile;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.Durability;
import io.ddict.client.Filtered;
import io.ddict.client.PersistedCheckpointUnavailableException;
import io.ddict.client.Placement;
import io.ddict.client.Versioned;
import io.ddict.client.codec.Codecs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every snippet of README.md and docs, run against a real embedded dictionary. {@link DocsTest}
 * compares what lies between the markers with the pages.
 */
class ReadmeIT {
    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();

    /** A program of its own, in a JVM without flags. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) {
            String handle = arguments[0];
            // snippet: attach
            try (DDict<String, double[]> rows = DDict.attach(handle)) {
                double sum = 0;
                for (double[] row : rows.values()) {
                    sum += row[1];
                }
                rows.put("sum", new double[]{sum});
            }
            // end
        }
    }

    record Reading(String sensor, double value) {}

    record OrderKey(int customer, int number) {}

    // snippet: placement
    /** All orders of a customer are at one manager. */
    record ByCustomer() implements Placement {
        @Override
        public int slot(Object key) {
            return ((OrderKey) key).customer() % SLOTS; // the same slot, so the same manager
        }
    }
    // end

    @AfterEach
    void endProcesses() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void createsADictionaryThatAnotherProcessAnswersThrough() throws Exception {
        // snippet: quick-start
        try (DDict<String, double[]> rows = DDict.create()) {
            for (int i = 0; i < 1000; i++) {
                rows.put("row-" + i, new double[]{i, 2.0 * i});
            }
            startOtherProcess(rows.serialize());
            rows.awaitValue("sum", new double[]{999_000}, Duration.ofSeconds(30));
        }
        // end
        assertThat(started.getFirst().waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(outputOfOther())).isEmpty();
        assertThat(started.getFirst().exitValue()).isZero();
    }

    @Test
    void offersMoreThanAMap() {
        try (DDict<String, Object> dict = DDict.create(small())) {
            // snippet: calls
            long visits = dict.getAndAdd("visits", 1); // the value before
            Object owner = dict.putIfAbsent("owner", "Ada"); // null: nobody was there
            Versioned<Object> seen = dict.getVersioned("owner");
            long version = dict.compareAndSet("owner", seen.version(), "Grace"); // 0: another was faster
            Long length = dict.view("owner", MemorySegment::byteSize); // in place, without a copy
            Object removed = dict.remove("owner");
            // end
            assertThat(visits).isZero();
            assertThat(owner).isNull();
            assertThat(version).isGreaterThan(seen.version());
            assertThat(length).isPositive();
            assertThat(removed).isEqualTo("Grace");
            dict.destroy();
        }
    }

    @Test
    void storesRecordsThatAreRegistered() {
        // snippet: records
        Codecs codecs = Codecs.builder().register(Reading.class).build();
        DDictConfig config = DDictConfig.builder()
                .name("readings")
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(64))
                .codecs(codecs)
                .build();
        DDict<String, Reading> readings = DDict.create(config);
        readings.put("first", new Reading("hall", 21.5));
        Reading first = readings.getOrThrow("first");
        // end
        assertThat(first).isEqualTo(new Reading("hall", 21.5));
        readings.destroy();
    }

    @Test
    void keepsTheOldValueWhenThereIsNoRoom() {
        byte[] large = new byte[1 << 20];
        try (DDict<String, byte[]> dict = DDict.create(small())) {
            List<String> refused = new ArrayList<>();
            for (int i = 0; refused.isEmpty(); i++) {
                String key = "key-" + i;
                // snippet: full
                try {
                    dict.put(key, large);
                } catch (DDictFullException e) {
                    refused.add(key); // what was there before still is, and reads go on
                }
                // end
            }
            assertThat(dict.size()).isPositive();
            assertThat(dict.get("key-0")).isEqualTo(large);
            assertThat(dict.get(refused.getFirst())).isNull();
            dict.destroy();
        }
    }

    @Test
    void beginsAgainWhereAnEarlierProgramEnded(@TempDir Path scratch) {
        // snippet: persist
        DDictConfig.Builder training = DDictConfig.builder()
                .name("training")
                .persister("posix")
                .persistPath(scratch) // on a file system that all of them see
                .persistFrequency(10) // every tenth checkpoint, as it retires
                .persistCount(3); // the newest three
        DDict<String, double[]> weights = DDict.create(training.build());
        weights.checkpointId(20);
        weights.put("layer 1", new double[]{0.5, 0.25});
        weights.persist(); // now, whatever the frequency
        weights.destroy();

        // In another program, perhaps after a crash:
        DDict<String, double[]> restored = DDict.create(training.restoreFrom(20).build());
        long at = restored.checkpointId(); // 20
        double[] layer = restored.get("layer 1");
        // end
        assertThat(at).isEqualTo(20);
        assertThat(layer).containsExactly(0.5, 0.25);
        assertThat(restored.persistedIds()).containsExactly(0L, 20L);
        restored.destroy();

        // snippet: replay
        DDict<String, double[]> replay =
                DDict.create(training.restoreFrom(20).persistFrequency(0).readOnly(true).build());
        double[] first = replay.get("layer 1"); // advance() shows the next checkpoint
        // end
        assertThat(first).containsExactly(0.5, 0.25);
        assertThatThrownBy(replay::advance)
                .isInstanceOf(PersistedCheckpointUnavailableException.class);
        replay.destroy();
    }

    @Test
    void readsEachFileOnce(@TempDir Path scratch) throws Exception {
        for (int i = 0; i < 20; i++) {
            Files.writeString(scratch.resolve("file-" + i), "content " + i);
        }
        AtomicInteger reads = new AtomicInteger();
        DDict<String, Object> cache = DDict.create(small());
        FileCache files = new FileCache(cache, reads);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 20; i++) {
                    byte[] content = files.content(scratch.resolve("file-" + i));
                    assertThat(new String(content, StandardCharsets.UTF_8))
                            .isEqualTo("content " + i);
                }
            }));
        }
        for (Thread each : threads) {
            each.join();
        }
        assertThat(reads).hasValue(20);
        assertThat(cache.size()).isEqualTo(60);
        cache.destroy();
    }

    /** The file cache of the page on it. */
    private record FileCache(DDict<String, Object> cache, AtomicInteger reads) {
        byte[] content(Path file) {
            // snippet: file-cache
            String path = file.toString();
            byte[] content = (byte[]) cache.get(path);
            if (content == null) {
                if (cache.getAndAdd("asked for: " + path, 1) == 0) { // the first of all processes
                    content = read(file);
                    cache.put(path, content);
                    cache.put("read: " + path, true);
                } else {
                    cache.awaitValue("read: " + path, true, Duration.ofSeconds(30));
                    content = (byte[]) cache.get(path);
                }
            }
            // end
            return content;
        }

        private byte[] read(Path file) {
            reads.incrementAndGet();
            try {
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void handsFramesFromStageToStage() throws Exception {
        // snippet: pipeline-rounds
        DDictConfig config = DDictConfig.builder()
                .totalMemory(ByteSize.mib(16))
                .workingSetSize(3) // a stage may be two rounds ahead of the slowest
                .waitForKeys(true)
                .build();
        DDict<String, double[]> rounds = DDict.create(config);
        rounds.put("result", new double[1]); // round 0: keeps the first stage from running away
        // end
        Frames stages = new Frames(rounds.serialize());
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            Future<Long> ahead = executor.submit(stages::produce);
            Future<Double> sum = executor.submit(stages::consume);
            assertThat(sum.get()).isEqualTo(Frames.ROUNDS * (Frames.ROUNDS + 1) / 2.0);
            assertThat(ahead.get()).isEqualTo(Frames.ROUNDS);
        }
        rounds.destroy();
    }

    /** Two stages of a pipeline, as two programs have them. */
    private record Frames(String handle) {
        static final int ROUNDS = 50;

        long produce() {
            // snippet: pipeline-produce
            try (DDict<String, double[]> out = DDict.attach(handle)) {
                for (int round = 1; round <= ROUNDS; round++) {
                    out.checkpoint();
                    out.put("frame", frame(round)); // waits while it is too far ahead
                }
                return out.checkpointId();
            }
            // end
        }

        double consume() {
            // snippet: pipeline-consume
            double sum = 0;
            try (DDict<String, double[]> in = DDict.attach(handle)) {
                for (int round = 1; round <= ROUNDS; round++) {
                    in.checkpoint();
                    double[] frame = in.getOrThrow("frame"); // of this round: waits until it is there
                    sum += frame[0];
                    in.put("result", new double[]{sum}); // lets go of the round before
                }
            }
            return sum;
            // end
        }

        private static double[] frame(int round) {
            return new double[]{round};
        }
    }

    @Test
    void goesOnWithWhatIsOnTheDisk(@TempDir Path scratch) {
        // snippet: durability
        DDictConfig.Builder config = DDictConfig.builder()
                .name("sessions")
                .durability(Durability.CONTINUOUS)
                .durabilityWindow(Duration.ofMillis(500)) // a second unless set
                .persistPath(scratch);
        DDict<String, String> sessions = DDict.create(config.build());
        sessions.put("user 7", "cart");
        sessions.destroy(true); // or the program ends; or all is killed, half a second later

        // The next run:
        DDict<String, String> again = DDict.create(config.build());
        String found = again.get("user 7"); // still there
        // end
        assertThat(found).isEqualTo("cart");
        again.destroy();
    }

    @Test
    void holdsMoreThanItsMemory(@TempDir Path scratch) {
        // snippet: spill
        DDict<String, byte[]> images = DDict.create(DDictConfig.builder()
                .totalMemory(ByteSize.mib(32))
                .spill(scratch, ByteSize.gib(1)) // a directory on each node's own disk
                .build());
        for (int i = 0; i < 1_000; i++) {
            images.put("image " + i, new byte[100_000]); // 100 MB, three times the memory
        }
        byte[] first = images.get("image 0"); // from the disk, or from the system's cache of it
        // end
        assertThat(first).hasSize(100_000);
        assertThat(images.size()).isEqualTo(1_000);
        images.destroy();
    }

    @Test
    void goesOnInMemoryWhereAnEarlierProgramEnded() {
        // snippet: restart
        DDictConfig.Builder cache = DDictConfig.builder()
                .name("features")
                .restartable(true)
                .totalMemory(ByteSize.mib(64));
        DDict<String, float[]> features = DDict.create(cache.build());
        features.put("image 7", new float[]{0.25f, 0.75f});
        features.destroy(true); // or the program ends here, or is killed

        // The next run, by the same lines:
        DDict<String, float[]> again = DDict.create(cache.build());
        float[] found = again.get("image 7"); // still there
        // end
        assertThat(found).containsExactly(0.25f, 0.75f);
        again.destroy();
    }

    @Test
    void tellsHowLongItsCallsTook() {
        DDict<String, Integer> dict = DDict.create(small());
        for (int i = 0; i < 1000; i++) {
            dict.put("key", i);
            dict.get("key");
        }
        // snippet: profile
        ClientProfile profile = dict.profile();
        for (ClientProfile.Manager each : profile.managers()) {
            System.out.println(
                    each.manager() + ": p99 of reads " + each.reads().p99Ns() + " ns, refused "
                            + each.refused());
        }
        // end
        assertThat(profile.managers().getFirst().reads().samples()).isBetween(10L, 40L);
        dict.destroy();
    }

    @Test
    void goesToOneManager() {
        DDict<String, Integer> dict = DDict.create(spread());
        for (int i = 0; i < 100; i++) {
            dict.put("row-" + i, i);
        }
        // snippet: managers
        int owner = dict.whichManager("row-7"); // by its hash, and always the same
        DDict<String, Integer> one = dict.manager(owner); // the same dictionary: takes no link, sends nothing
        long part = one.size(); // of this manager alone
        one.put("note", 1); // here, whatever its hash says
        Integer elsewhere = dict.get("note"); // asks the manager that the hash says
        // end
        assertThat(one.get("row-7")).isEqualTo(7);
        assertThat(part).isBetween(1L, 99L);
        assertThat(elsewhere).isEqualTo(dict.whichManager("note") == owner ? 1 : null);
        dict.destroy();
    }

    @Test
    void hasACopyAtEveryManager() {
        DDict<String, Integer> dict = DDict.create(spread());
        // snippet: broadcast
        dict.broadcastPut("settings", 42); // a copy at each manager
        Integer copy = dict.broadcastGet("settings"); // of a manager near this thread
        dict.put("settings", 43); // changes one of the copies only: that which the key belongs to
        // end
        assertThat(copy).isEqualTo(42);
        assertThat(dict.values()).containsExactlyInAnyOrder(42, 42, 42, 43);
        dict.destroy();
    }

    @Test
    void findsBesideTheData() {
        DDict<String, Integer> dict = DDict.create(spread());
        for (int i = 0; i < 100; i++) {
            dict.put("row-" + i, i);
        }
        List<String> best = new ArrayList<>();
        int max;
        // snippet: filter
        try (Filtered<Map.Entry<String, Integer>> large =
                dict.filter((key, value) -> value >= 90, Map.Entry.comparingByValue())) {
            while (large.hasNext() && best.size() < 3) {
                best.add(large.next().getKey()); // leaving the block ends what is still running
            }
        }
        // A function of one's own: the largest of each manager, of which the first is the largest of all.
        try (Filtered<Integer> largest = dict.filter(
                shard -> List.of(Collections.max(shard.asMap().values())).iterator(),
                Comparator.<Integer>reverseOrder())) {
            max = largest.next();
        }
        // end
        assertThat(best).containsExactly("row-90", "row-91", "row-92");
        assertThat(max).isEqualTo(99);
        dict.destroy();
    }

    @Test
    void copiesAndRefills() {
        DDict<String, Integer> dict = DDict.create(spread());
        for (int i = 0; i < 100; i++) {
            dict.put("row-" + i, i);
        }
        // snippet: copy
        DDictConfig config =
                DDictConfig.builder().parallelTo(dict).totalMemory(ByteSize.mib(32)).build();
        DDict<String, Integer> copy = DDict.create(config); // each key at the manager of the same number
        long copied = dict.copyTo(copy); // manager by manager, and in batches
        copy.manager(2).clear(); // as if it had been lost
        List<Integer> lost = copy.emptyManagers();
        long refilled = DDict.synchronise(List.of(dict, copy)); // manager 2 of copy, from manager 2 of dict
        // end
        assertThat(copied).isEqualTo(100);
        assertThat(lost).containsExactly(2);
        assertThat(refilled).isEqualTo(dict.manager(2).size());
        assertThat(copy.asMap()).isEqualTo(dict.asMap());
        dict.destroy();
        copy.destroy();
    }

    @Test
    void putsKeysWhereTheUserWantsThem() {
        // snippet: placed
        Codecs codecs = Codecs.builder().register(OrderKey.class).build();
        DDictConfig config = DDictConfig.builder()
                .managersPerNode(4)
                .codecs(codecs)
                .placement(new ByCustomer())
                .build();
        DDict<OrderKey, Double> orders = DDict.create(config);
        orders.put(new OrderKey(17, 1), 99.5);
        double sum = 0; // of all orders of customer 17, and of others at the same manager
        for (double amount : orders.manager(17 % orders.managers()).values()) {
            sum += amount;
        }
        AttachOptions options = new AttachOptions(Duration.ofSeconds(10), codecs, new ByCustomer());
        DDict<OrderKey, Double> other = DDict.attach(orders.serialize(), options);
        // end
        assertThat(sum).isEqualTo(99.5);
        assertThat(other.get(new OrderKey(17, 1))).isEqualTo(99.5);
        orders.destroy();
    }

    @Test
    void goesBackToWhatAnOlderCheckpointHolds() {
        // snippet: rollback
        DDictConfig config = DDictConfig.builder().workingSetSize(3).build();
        DDict<String, String> steps = DDict.create(config);
        steps.put("plan", "draft"); // at checkpoint 0
        steps.checkpoint();
        steps.put("plan", "final"); // a version of its own, at 1
        steps.rollback();
        String draft = steps.get("plan"); // what 0 holds
        long newest = steps.syncToNewestCheckpoint(); // 1 again
        // end
        assertThat(draft).isEqualTo("draft");
        assertThat(newest).isEqualTo(1);
        assertThat(steps.get("plan")).isEqualTo("final");
        steps.destroy();
    }

    @Test
    void computesPiInRoundsThatWaitForEachOther() throws Exception {
        DDictConfig config = DDictConfig.builder()
                .totalMemory(ByteSize.mib(16))
                .workingSetSize(2)
                .waitForKeys(true)
                .build();
        DDict<Integer, Double> dict = DDict.create(config);
        List<Future<Double>> results = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(PiWorker.WORKERS)) {
            for (int worker = 0; worker < PiWorker.WORKERS; worker++) {
                int number = worker;
                results.add(executor.submit(() -> PiWorker.pi(dict.serialize(), number)));
            }
        }
        for (Future<Double> result : results) {
            assertThat(result.get()).isEqualTo(results.getFirst().get()).isBetween(3.1, 3.2);
        }
        dict.destroy();
    }

    /** One of the workers that each put a part of every round's estimate. */
    static final class PiWorker {
        static final int WORKERS = 4;

        private PiWorker() {}

        // snippet: pi
        /** Runs in each worker: all of them leave after the same round, with the same result. */
        static double pi(String handle, int worker) {
            try (DDict<Integer, Double> rounds = DDict.attach(handle)) {
                double pi = 0;
                double before;
                do {
                    before = pi;
                    long round = rounds.checkpointId();
                    rounds.put(worker, estimate(worker, round)); // belongs to this round alone
                    double sum = 0;
                    for (int each = 0; each < WORKERS; each++) {
                        sum += rounds.getOrThrow(each); // waits until that worker has put its own
                    }
                    pi = (pi * round + sum / WORKERS) / (round + 1);
                    rounds.checkpoint();
                } while (Math.abs(pi - before) > 1e-4);
                return pi;
            }
        }
        // end

        // Of random points in the unit square, the part that lies within the quarter circle.
        private static double estimate(int worker, long round) {
            SplittableRandom random = new SplittableRandom(1_000_003L * worker + round);
            int within = 0;
            for (int i = 0; i < 20_000; i++) {
                within += Math.hypot(random.nextDouble(), random.nextDouble()) < 1 ? 1 : 0;
            }
            return 4.0 * within / 20_000;
        }
    }

    private Path outputOfOther() {
        return folder.resolve("output");
    }

    private static DDictConfig small() {
        return DDictConfig.builder().totalMemory(ByteSize.mib(16)).build();
    }

    private static DDictConfig spread() {
        return DDictConfig.builder().managersPerNode(4).totalMemory(ByteSize.mib(32)).build();
    }

    private void startOtherProcess(String handle) {
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path", ""),
                OtherProcess.class.getName(),
                handle);
        builder.redirectErrorStream(true).redirectOutput(outputOfOther().toFile());
        try {
            started.add(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
