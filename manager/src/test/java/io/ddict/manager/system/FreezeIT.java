package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dictionary that is frozen refuses writes, and shows its values in place until it is unfrozen. */
class FreezeIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int KEYS = 40;
    // Small ones, blocks, and one that is moved in several slices.
    private static final int[] LENGTHS = {16, 100, 1_000, 4_000, 20_000, 150_000};

    @Test
    void refusesEveryWriteAndChangesNothing() {
        DDict<String, Object> dict = SERVICE.create();
        dict.put("key", "value");
        dict.put("counter", 7L);
        dict.freeze();
        List<Runnable> writes = List.of(
                () -> dict.put("key", "other"),
                () -> dict.put("new", "other"),
                () -> dict.put("key", new byte[100_000]),
                () -> dict.putAll(Map.of("key", "other")),
                () -> dict.putIfAbsent("key", "other"),
                () -> dict.putIfAbsent("new", "other"),
                () -> dict.replace("key", "other"),
                () -> dict.replace("new", "other"),
                () -> dict.replace("key", "value", "other"),
                () -> dict.replace("key", "not the value", "other"),
                () -> dict.compareAndSet("key", dict.getVersioned("key").version(), "other"),
                () -> dict.compareAndSet("key", 1_000_000, "other"),
                () -> dict.compareAndSet("new", 0, "other"),
                () -> dict.remove("key"),
                () -> dict.remove("new"),
                () -> dict.remove("key", "value"),
                () -> dict.remove("key", "not the value"),
                () -> dict.getAndAdd("counter", 1),
                () -> dict.getAndAdd("key", 1),
                dict::clear);
        for (Runnable write : writes) {
            assertThatThrownBy(write::run)
                    .isInstanceOf(FrozenException.class)
                    .hasMessageStartingWith("dictionary is frozen: pool=");
        }
        assertThatThrownBy(() -> dict.put("key", new byte[100_000_000]))
                .as("not full, as nothing would be stored")
                .isInstanceOf(FrozenException.class);
        assertThat(dict.get("key")).isEqualTo("value");
        assertThat(dict.get("counter")).isEqualTo(7L);
        assertThat(dict.containsKey("new")).isFalse();
        assertThat(dict.size()).isEqualTo(2);
        dict.unfreeze();
        writes.forEach(Runnable::run);
        assertThat(dict.size()).isZero();
    }

    @Test
    void readsAndWaitsAsEver() {
        DDict<String, String> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        dict.put("key", "value");
        dict.freeze();
        assertThat(dict.get("key")).isEqualTo("value");
        assertThat(dict.getVersioned("key").version()).isPositive();
        assertThat(dict.<Long>view("key", MemorySegment::byteSize)).isEqualTo(6);
        assertThat(dict.keys()).containsExactly("key");
        assertThat(dict.entries()).containsExactly(Map.entry("key", "value"));
        assertThat(dict.stats().entries()).isEqualTo(1);
        dict.awaitValue("key", "value", SOON);
        assertThatThrownBy(() -> dict.awaitValue("key", "other", Duration.ofMillis(50)))
                .isInstanceOf(DDictTimeoutException.class);
        CompletableFuture<Void> waiting = dict.async().awaitValue("key", "other", SOON);
        dict.unfreeze();
        dict.put("key", "other");
        waiting.join();
    }

    @Test
    void freezesAndUnfreezesTwiceAsOnce() {
        DDict<String, String> dict = SERVICE.create(DDictConfig.builder().managersPerNode(3));
        assertThat(dict.isFrozen()).isFalse();
        dict.unfreeze();
        assertThat(dict.isFrozen()).isFalse();
        dict.freeze();
        dict.freeze();
        assertThat(dict.isFrozen()).isTrue();
        MemorySegment absent = dict.view("absent");
        assertThat(absent).isNull();
        dict.unfreeze();
        assertThat(dict.isFrozen()).isFalse();
        dict.put("key", "value");
        dict.unfreeze();
        dict.put("key", "value too");
        assertThat(dict.get("key")).isEqualTo("value too");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 100, 4_000, 4_097, 100_000, 3_000_000})
    void viewsValuesOfEveryLengthInPlace(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(3, length));
        dict.put("other", Content.of(4, 50));
        dict.freeze();
        MemorySegment view = dict.view("key");
        assertThat(view.byteSize()).isEqualTo(length);
        assertThat(Content.isOf(3, view)).isTrue();
        assertThat(view.isReadOnly()).isTrue();
        assertThat(view.isNative()).isTrue();
        assertThat(view.address()).isEqualTo(dict.view("key").address());
        assertThat(dict.view("absent")).isNull();
    }

    @Test
    void showsPutsThatCameBefore() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        for (int round = 0; round < 20; round++) {
            fill(dict, round);
            dict.freeze();
            for (int key = 0; key < KEYS; key++) {
                assertThat(Content.isSealed(dict.view(key), round + key)).isTrue();
            }
            dict.unfreeze();
        }
    }

    @Test
    void refusesAViewUnlessFrozen() {
        DDict<String, String> dict = SERVICE.create();
        dict.put("key", "value");
        for (int round = 0; round < 2; round++) {
            for (String key : List.of("key", "absent")) {
                assertThatThrownBy(() -> dict.view(key))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("dictionary is not frozen: pool=")
                        .hasMessageEndingWith(
                                "; freeze() it, or use view(key, function), which needs no"
                                        + " freezing");
            }
            dict.freeze();
            assertThat(dict.view("key")).isNotNull();
            dict.unfreeze();
        }
        assertThatThrownBy(() -> dict.view(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void endsItsViewsAtOnceInTheWholeProcess() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        fill(dict, 0);
        try (DDict<Integer, byte[]> other = DDict.attach(dict.serialize())) {
            dict.freeze();
            List<MemorySegment> views = views(dict);
            views.addAll(views(other));
            views.addAll(views(dict.withTimeout(Duration.ZERO)));
            dict.unfreeze();
            assertThat(views).allSatisfy(FreezeIT::isEnded);
        }
    }

    @Test
    void endsItsViewsWhenTheHandleIsClosed() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        fill(dict, 0);
        DDict<Integer, byte[]> other = DDict.attach(dict.serialize());
        dict.freeze();
        List<MemorySegment> own = views(dict);
        List<MemorySegment> others = views(other);
        other.close();
        assertThat(others).allSatisfy(FreezeIT::isEnded);
        assertThat(Content.isSealed(own.getFirst(), 0)).isTrue();
        assertThatThrownBy(() -> other.view(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("handle is closed: ");
        assertThatThrownBy(other::freeze).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void isDestroyedAsAnyOther() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        fill(dict, 0);
        DDict<Integer, byte[]> other = DDict.attach(dict.serialize());
        dict.freeze();
        List<MemorySegment> own = views(dict);
        List<MemorySegment> others = views(other);
        try (MappedPool pool = MappedPool.openAsClient(
                SERVICE.cluster().poolDirectories(dict.name()).getFirst())) {
            dict.destroy();
            assertThat(pool.status().state())
                    .isEqualTo(PoolStatus.STATE_FROZEN | PoolStatus.STATE_DESTROYED);
        }
        assertThat(own).allSatisfy(FreezeIT::isEnded);
        Await.until(SOON, () -> "end of views", () -> others.stream().allMatch(FreezeIT::hasEnded));
        assertThatThrownBy(() -> other.view(1)).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(() -> other.put(1, new byte[1])).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(other::isFrozen).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(other::freeze).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(other::unfreeze).isInstanceOf(DestroyedException.class);
        other.close();
    }

    @Test
    void isSeenByWhoeverAttachesAndByOtherProcesses() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        fill(dict, 0);
        dict.freeze();
        ChildProcess child = attach(dict);
        tell(child, "is-frozen", "true");
        tell(child, "put 1 1 100", "refused FROZEN");
        tell(child, "view " + KEYS, "done");
        tell(child, "check", "whole");
        tell(child, "unfreeze", "done");
        tell(child, "check", "ended");
        assertThat(dict.isFrozen()).isFalse();
        dict.put(1, Content.sealed(2, 100));
        tell(child, "freeze", "done");
        assertThat(dict.isFrozen()).isTrue();
        assertThatThrownBy(() -> dict.put(1, new byte[1])).isInstanceOf(FrozenException.class);
        end(child);
    }

    @Test
    void endsViewsWithTheFirstWriteAfterAnotherProcessUnfroze() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        fill(dict, 0);
        ChildProcess child = attach(dict);
        for (int round = 0; round < 5; round++) {
            dict.freeze();
            List<MemorySegment> views = views(dict);
            tell(child, "unfreeze", "done");
            dict.put(1_000, new byte[10]);
            assertThat(views).allSatisfy(FreezeIT::isEnded);
        }
        end(child);
    }

    @Test
    void viewsAnewWhatAnotherProcessFrozeAgain() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        fill(dict, 0);
        dict.freeze();
        ChildProcess child = attach(dict);
        for (int round = 1; round < 6; round++) {
            MemorySegment before = dict.view(5);
            tell(child, "unfreeze", "done");
            tell(child, "put 5 " + 100 * round + " 5000", "done");
            tell(child, "freeze", "done");
            MemorySegment view = dict.view(5);
            assertThat(Content.isSealed(view, 100L * round)).isTrue();
            isEnded(before);
        }
        end(child);
    }

    @Test
    void showsOthersWhatWasFrozenUntilTheirViewsEnd() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(64)));
        fill(dict, 0);
        ChildProcess child = attach(dict);
        for (int round = 0; round < 5; round++) {
            dict.freeze();
            tell(child, "view " + KEYS, "done");
            tell(child, "check", "whole");
            child.tell("watch");
            dict.unfreeze();
            AtomicLong writes = new AtomicLong();
            try (Threads threads = new Threads()) {
                threads.repeat(thread -> {
                    overwrite(dict, writes.getAndIncrement());
                });
                String elapsedMs = child.await("ended ");
                assertThat(Integer.parseInt(elapsedMs)).as("milliseconds").isLessThan(5_000);
            }
            assertThat(writes.get()).isPositive();
            refill(dict);
        }
        end(child);
    }

    @Test
    void waitsForNoReader() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)));
        fill(dict, 0);
        dict.freeze();
        ChildProcess child = attach(dict);
        tell(child, "view " + KEYS, "done");
        child.stop();
        dict.unfreeze();
        dict.put(0, Content.sealed(1, 3_000_000));
        assertThat(dict.get(0)).hasSize(3_000_000);
        // What the stopped process could yet see stays, and all of the memory is used in the end.
        assertThatThrownBy(() -> {
            for (int i = 0; i < 1_000; i++) {
                dict.put(i % KEYS, Content.sealed(i, 300_000));
            }
        }).isInstanceOf(DDictFullException.class);
        child.resume();
        Await.until(
                SOON,
                () -> "memory of the process that goes on: " + dict.stats(),
                () -> canOverwrite(dict));
        end(child);
    }

    @Test
    void getsBackWhatAKilledProcessLookedAt() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)));
        fill(dict, 0);
        dict.freeze();
        ChildProcess child = attach(dict);
        tell(child, "view " + KEYS, "done");
        child.stop();
        child.kill();
        child.awaitEnd();
        dict.unfreeze();
        Await.until(
                SOON,
                () -> "memory of the killed process: " + dict.stats(),
                () -> canOverwrite(dict));
        SERVICE.machine().forget(child);
    }

    @Test
    void keepsAViewThatAChannelReadsFromUntilThatIsDone() throws Exception {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(1, 1_000_000));
        DDict<String, byte[]> other = DDict.attach(dict.serialize());
        dict.freeze();
        MemorySegment view = other.view("key");
        MemorySegment own = dict.view("key");
        Pipe pipe = Pipe.open();
        try (Threads threads = new Threads()) {
            threads.start(1, thread -> {
                // More than a pipe holds, so that it waits for a reader.
                pipe.sink().write(view.asByteBuffer());
                pipe.sink().close();
            });
            ByteBuffer first = ByteBuffer.allocate(1_000);
            pipe.source().read(first);
            dict.unfreeze();
            dict.put("key", Content.of(2, 1_000_000));
            isEnded(own);
            assertThatThrownBy(other::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("close it again afterwards");
            assertThatThrownBy(() -> other.get("key")).isInstanceOf(IllegalStateException.class);
            assertThat(Content.isOf(1, view)).isTrue();
            byte[] rest = readAll(pipe);
            byte[] expected = Content.of(1, 1_000_000);
            int from = first.position();
            assertThat(MemorySegment.ofArray(rest)
                    .mismatch(MemorySegment.ofArray(expected).asSlice(from))).isEqualTo(-1);
        }
        Await.until(SOON, () -> "end of the view", () -> hasEnded(view));
        other.close();
        other.close();
    }

    @Test
    void viewsForAnInterruptedThread() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(3));
        fill(dict, 0);
        dict.freeze();
        Thread.currentThread().interrupt();
        try {
            for (int key = 0; key < KEYS; key++) {
                assertThat(Content.isSealed(dict.view(key), key)).isTrue();
            }
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void allocatesNoMoreThanTheSegment() {
        DDict<byte[], byte[]> dict = SERVICE.create();
        byte[] key = Content.of(1, 16);
        dict.put(key, Content.of(2, 1_000));
        dict.freeze();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        long allocated = 0;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                sum += dict.view(key).get(ValueLayout.JAVA_BYTE, 0);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(sum).isEqualTo(200_000L * Content.of(2, 1)[0]);
        assertThat(allocated / 10_000).as("bytes for each view").isLessThanOrEqualTo(64);
    }

    @Test
    void watchesOnlyAsLongAsThereAreViews() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        fill(dict, 0);
        dict.freeze();
        Await.until(SOON, () -> "no watcher", () -> !isWatched());
        MemorySegment view = dict.view(1);
        assertThat(isWatched()).isTrue();
        dict.unfreeze();
        Await.until(SOON, () -> "no watcher", () -> !isWatched());
        isEnded(view);
    }

    @Test
    void appliesOrRefusesAPutThatRacesWithIt() {
        DDict<Integer, Long> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        for (int round = 0; round < 30; round++) {
            long[] accepted = new long[3];
            int first = round * 10;
            CompletableFuture<Void> frozen = new CompletableFuture<>();
            Threads threads = new Threads();
            threads.start(3, thread -> {
                try {
                    for (long i = 1;; i++) {
                        dict.put(first + thread, i);
                        accepted[thread] = i;
                        if (i == 200) {
                            frozen.complete(null);
                        }
                    }
                } catch (FrozenException e) {
                    // At some time or other.
                }
            });
            Await.until(SOON, () -> "200 puts", () -> {
                threads.check();
                return frozen.isDone();
            });
            dict.freeze();
            List<Long> then = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                MemorySegment view = dict.view(first + thread);
                then.add(view == null ? 0 : view.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
            }
            threads.await(SOON);
            assertThat(then).containsExactly(accepted[0], accepted[1], accepted[2]);
            dict.unfreeze();
        }
    }

    @Test
    void comesToOneStateWhoeverAsks() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(4));
        fill(dict, 0);
        for (int round = 0; round < 10; round++) {
            Threads.run(4, thread -> {
                for (int i = 0; i < 10; i++) {
                    if ((thread + i) % 2 == 0) {
                        dict.freeze();
                    } else {
                        dict.unfreeze();
                    }
                }
            });
            boolean frozen = dict.isFrozen();
            for (int key = 0; key < KEYS; key++) {
                int any = key;
                boolean refused = false;
                try {
                    dict.put(any, Content.sealed(any, length(any)));
                } catch (FrozenException e) {
                    refused = true;
                }
                assertThat(refused).isEqualTo(frozen);
            }
        }
    }

    @Test
    void servesReadersAndAWriterThroughManyRounds() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(128)));
        fill(dict, 0);
        AtomicLong views = new AtomicLong();
        AtomicLong ends = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        Threads threads = new Threads();
        threads.start(4, thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            while (!over.get()) {
                lookAtOne(dict, random.nextInt(KEYS), views, ends);
            }
        });
        threads.start(1, thread -> {
            SplittableRandom random = new SplittableRandom(7);
            while (!over.get()) {
                putOne(dict, random.nextInt(KEYS), random.nextInt(10_000));
            }
        });
        try {
            for (int round = 0; round < 10; round++) {
                dict.freeze();
                long seen = views.get();
                Await.until(SOON, () -> "views", () -> views.get() > seen + 50);
                dict.unfreeze();
            }
        } finally {
            over.set(true);
            threads.await(SOON);
        }
        assertThat(ends.get()).as("views that were refused or ended").isPositive();
    }

    private static void lookAtOne(
            DDict<Integer, byte[]> dict, int key, AtomicLong views, AtomicLong ends) {
        try {
            MemorySegment view = dict.view(key);
            boolean whole = Content.isWhole(view);
            assertThat(whole).as("value of key %s is whole", key).isTrue();
            views.incrementAndGet();
        } catch (IllegalStateException e) {
            ends.incrementAndGet();
        }
    }

    private static void putOne(DDict<Integer, byte[]> dict, int key, int seed) {
        try {
            dict.put(key, Content.sealed(seed, length(key)));
        } catch (FrozenException | DDictFullException e) {
            // Frozen at times, or full of what views can see.
        }
    }

    private static void fill(DDict<Integer, byte[]> dict, int firstSeed) {
        for (int key = 0; key < KEYS; key++) {
            dict.put(key, Content.sealed(firstSeed + key, length(key)));
        }
    }

    private static void overwrite(DDict<Integer, byte[]> dict, long round) {
        for (int key = 0; key < KEYS; key++) {
            putOne(dict, key, (int) (1_000 + round * KEYS + key));
            putOne(dict, KEYS + key, key);
        }
    }

    // Once the views of others are ended there is room.
    private static void refill(DDict<Integer, byte[]> dict) {
        Await.until(SOON, () -> "room: " + dict.stats(), () -> {
            try {
                dict.clear();
                fill(dict, 0);
                return true;
            } catch (DDictFullException e) {
                return false;
            }
        });
    }

    // More than all of the memory, which needs what was replaced to come back.
    private static boolean canOverwrite(DDict<Integer, byte[]> dict) {
        try {
            for (int i = 0; i < 200; i++) {
                dict.put(0, Content.sealed(i, 300_000));
            }
            return true;
        } catch (DDictFullException e) {
            return false;
        }
    }

    private static List<MemorySegment> views(DDict<Integer, byte[]> dict) {
        List<MemorySegment> views = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            MemorySegment view = dict.view(key);
            assertThat(Content.isSealed(view, key)).isTrue();
            views.add(view);
        }
        return views;
    }

    private static int length(int key) {
        return LENGTHS[key % LENGTHS.length];
    }

    private static void isEnded(MemorySegment view) {
        assertThatThrownBy(() -> view.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    private static boolean hasEnded(MemorySegment view) {
        return !view.scope().isAlive();
    }

    private static boolean isWatched() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("ddict-frozen-views"));
    }

    private static byte[] readAll(Pipe pipe) throws IOException {
        ByteBuffer rest = ByteBuffer.allocate(1_000_000);
        while (pipe.source().read(rest) >= 0) {
            // Until the writer is done.
        }
        byte[] bytes = new byte[rest.position()];
        rest.flip().get(bytes);
        return bytes;
    }

    private ChildProcess attach(DDict<Integer, byte[]> dict) {
        ChildProcess child = SERVICE.machine().start(FreezeRole.class, dict.serialize());
        child.await("attached");
        return child;
    }

    private static void tell(ChildProcess child, String line, String answer) {
        child.tell(line);
        assertThat(child.await("")).as(line).isEqualTo(answer);
    }

    private void end(ChildProcess child) {
        child.tell("end");
        child.awaitEnd();
        SERVICE.machine().forget(child);
    }
}
