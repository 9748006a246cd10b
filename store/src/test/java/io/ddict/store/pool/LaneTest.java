package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes in shared memory. */
class LaneTest {
    private static final int LENGTH = 4096;
    private static final long QUEUE = 77;

    private Path directory;
    private MappedPool pool;
    private Lane lane;

    @BeforeEach
    void make() throws IOException {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "ddict-test-");
        pool = MappedPool.create(directory, PoolGeometry.of(4 << 20, 100, keys -> 64L * keys, 42));
        lane = pool.createLane(3, LENGTH, Arena.ofAuto());
    }

    @AfterEach
    void remove() throws IOException {
        pool.close();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(
                    file -> assertThat(file.delete()).isTrue());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void carriesItemsOfAnyLengthInTheirOrder(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Deque<Integer> model = new ArrayDeque<>();
        open(0);
        lane.openHead();
        int put = 0;
        for (int step = 0; step < 100_000; step++) {
            int length = random.nextInt(4, random.nextInt(10) == 0 ? LENGTH : 200);
            if (random.nextBoolean() && put(put, length)) {
                model.addLast(put++);
            } else if (random.nextBoolean()) {
                assertThat(take()).isEqualTo(model.isEmpty() ? -1 : model.removeFirst());
            }
            assertThat(Lane.items(lane.head(), lane.tail())).isEqualTo(model.size());
        }
        assertThat(put).isGreaterThan(10_000);
    }

    @Test
    void holdsNoMoreItemsThanItsCapacityAndNoMoreBytesThanItsLength() {
        open(3);
        assertThat(List.of(put(0, 4), put(1, 4), put(2, 4), put(3, 4)))
                .containsExactly(true, true, true, false);
        lane.capacity(0);
        int count = 3;
        while (put(count, 100)) {
            count++;
        }
        assertThat(count).isEqualTo(3 + (LENGTH - 3 * 64) / 128);
        assertThat(lane.place(lane.head(), lane.tail(), LENGTH)).isEqualTo(Lane.NONE);
    }

    @Test
    void nothingIsPutOrTakenOnceItIsClosed() {
        open(0);
        lane.openHead();
        assertThat(put(0, 4)).isTrue();
        assertThat(put(1, 4)).isTrue();
        long tail = lane.tail();
        long head = lane.head();
        long frame = lane.first(head, tail);
        lane.close();
        assertThat(lane.put(tail, lane.place(head, tail, 4), 4, (byte) 1)).isFalse();
        assertThat(lane.take(head, frame)).isFalse();
        assertThat(rest()).containsExactly(0, 1);
        open(0);
        assertThat(Lane.items(lane.head(), lane.tail())).isZero();
        assertThat(Lane.isClosed(lane.head())).isTrue();
        assertThat(lane.take(head, frame)).isFalse();
    }

    @Test
    void whoPutsNextLearnsThatItIsAwaited() {
        open(0);
        assertThat(lane.await()).isTrue();
        long tail = lane.tail();
        assertThat(Lane.isAwaited(tail)).isTrue();
        assertThat(put(0, 4)).isTrue();
        assertThat(Lane.isAwaited(lane.tail())).isFalse();
        assertThat(lane.await()).isFalse();
        lane.openHead();
        assertThat(take()).isZero();
        assertThat(lane.await()).isTrue();
        lane.close();
        assertThat(lane.await()).isFalse();
    }

    // A lane is closed while both sides are at it: what was put and not taken is there, and nothing else.
    @Test
    void everyItemIsWithExactlyOneWhenItIsClosedAtAnyInstant() throws Exception {
        SplittableRandom random = new SplittableRandom(9);
        for (int round = 0; round < 300; round++) {
            open(0);
            lane.openHead();
            FutureTask<Integer> putter = new FutureTask<>(this::putUntilClosed);
            FutureTask<List<Integer>> taker = new FutureTask<>(this::takeUntilClosed);
            Thread.ofPlatform().start(putter);
            Thread.ofPlatform().start(taker);
            LockSupport.parkNanos(random.nextLong(2_000_000));
            lane.close();
            List<Integer> all = new ArrayList<>(taker.get());
            all.addAll(rest());
            int put = putter.get();
            assertThat(all).hasSize(put);
            for (int item = 0; item < put; item++) {
                assertThat(all.get(item)).isEqualTo(item);
            }
        }
    }

    @Test
    void whatAWildClientLeftIsNoItem() {
        open(0);
        assertThat(put(0, 4)).isTrue();
        long head = lane.head();
        long tail = lane.tail();
        assertThat(lane.first(head, tail)).isNotEqualTo(Lane.NONE);
        assertThat(lane.first(head + 8, tail)).isEqualTo(Lane.NONE);
        assertThat(lane.first(head, tail + 2L * LENGTH)).isEqualTo(Lane.NONE);
        assertThat(lane.first(head, head + (1L << 32))).isEqualTo(Lane.NONE);
        long frame = lane.first(head, tail);
        lane.region().putInt(frame, LENGTH);
        assertThat(lane.first(head, tail)).isEqualTo(Lane.NONE);
        lane.region().putInt(frame, -7);
        assertThat(lane.first(head, tail)).isEqualTo(Lane.NONE);
    }

    @Test
    void isFoundByItsIdUntilItIsDeleted() throws IOException {
        open(5);
        assertThat(put(0, 4)).isTrue();
        try (Arena arena = Arena.ofShared()) {
            Lane same = pool.openLane(3, arena);
            assertThat(same.queue()).isEqualTo(QUEUE);
            assertThat(same.tail()).isEqualTo(lane.tail());
        }
        Lane _ = pool.createLane(4, LENGTH, Arena.ofAuto());
        pool.deleteLane(3);
        assertThat(directory.resolve("lane-3")).doesNotExist();
        assertThat(directory.resolve("lane-4")).exists();
        pool.deleteLanes();
        assertThat(directory.resolve("lane-4")).doesNotExist();
    }

    private void open(long capacity) {
        lane.close();
        lane.open(QUEUE, capacity);
    }

    private int putUntilClosed() {
        int item = 0;
        while (!Lane.isClosed(lane.tail())) {
            if (put(item, 4 + item % 300)) {
                item++;
            } else {
                Thread.yield();
            }
        }
        return item;
    }

    private List<Integer> takeUntilClosed() {
        List<Integer> taken = new ArrayList<>();
        while (!Lane.isClosed(lane.head())) {
            int item = take();
            if (item >= 0) {
                taken.add(item);
            } else {
                Thread.yield();
            }
        }
        return taken;
    }

    private boolean put(int item, int length) {
        long head = lane.head();
        long tail = lane.tail();
        long frame = lane.hasRoom(head, tail) ? lane.place(head, tail, length) : Lane.NONE;
        if (frame == Lane.NONE || Lane.isClosed(tail)) {
            return false;
        }
        long offset = Lane.valueOffset(frame);
        lane.region().writableSegment().asSlice(offset, length).fill((byte) item);
        lane.region().putInt(offset, item);
        return lane.put(tail, frame, length, (byte) 1);
    }

    private int take() {
        long head = lane.head();
        long frame = Lane.isClosed(head) ? Lane.NONE : lane.first(head, lane.tail());
        if (frame == Lane.NONE) {
            return -1;
        }
        int item = read(frame);
        return lane.take(head, frame) ? item : -1;
    }

    private List<Integer> rest() {
        List<Integer> rest = new ArrayList<>();
        long head = lane.head();
        for (long frame = lane.first(head, lane.tail()); frame != Lane.NONE;) {
            rest.add(read(frame));
            head = lane.after(head, frame);
            frame = lane.first(head, lane.tail());
        }
        return rest;
    }

    private int read(long frame) {
        long offset = Lane.valueOffset(frame);
        int length = lane.valueLength(frame);
        assertThat(lane.valueTag(frame)).isEqualTo((byte) 1);
        int item = lane.region().getInt(offset);
        for (int index = Integer.BYTES; index < length; index++) {
            byte found = lane.region().readOnlySegment().get(ValueLayout.JAVA_BYTE, offset + index);
            if (found != (byte) item) {
                throw new AssertionError("wrong byte of item " + item + " at " + index);
            }
        }
        return item;
    }
}
