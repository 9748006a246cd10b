package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.TestRandom;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PostingRingTest {
    private static final int SLOTS = 128;
    private static final long TAIL_OFFSET = 128;

    private final MemoryRegion statusRegion =
            new MemoryRegion(Arena.ofAuto().allocate(PoolStatus.FILE_LENGTH, 64));
    private final PoolStatus status = new PoolStatus(statusRegion);
    private final MemorySegment segment =
            Arena.ofAuto().allocate(PostingRing.fileLength(SLOTS), 64);
    private final PostingRing ring = new PostingRing(new MemoryRegion(segment), status, SLOTS);

    /** The ring as a publisher sees it that dies between filling its slot and moving the tail. */
    private PostingRing ringOfTheDying() {
        return new PostingRing(
                new MemoryRegion(segment) {
                    @Override
                    public boolean compareAndSetLong(long offset, long expected, long value) {
                        return offset != TAIL_OFFSET
                                && super.compareAndSetLong(offset, expected, value);
                    }
                },
                status,
                SLOTS);
    }

    private void applyAll() {
        long position = status.applied();
        while (ring.isFilled(position)) {
            position++;
        }
        ring.helpTail(position);
        status.publishApplied(position);
    }

    @Test
    void startsEmpty() {
        assertThat(ring.tail()).isZero();
        assertThat(ring.isFilled(0)).isFalse();
        assertThat(ring.capacity()).isEqualTo(SLOTS);
    }

    @Test
    void keepsWhatWasPublishedThroughManyLaps() {
        for (int i = 0; i < 10 * SLOTS; i++) {
            int link = i % PostingRing.LINKS_MAX;
            int index = i * 37 & 0x3FFFF;
            assertThat(ring.tryPublish(link, index, 1 + i % 0xFFFF, 0)).isEqualTo(i);
            assertThat(ring.isFilled(i)).isTrue();
            assertThat(ring.isFilled(i + 1)).isFalse();
            assertThat(PostingRing.link(ring.slot(i))).isEqualTo(link);
            assertThat(PostingRing.stagingIndex(ring.slot(i))).isEqualTo(index);
            assertThat(ring.tail()).isEqualTo(i + 1);
            status.publishApplied(i + 1);
        }
    }

    @Test
    void keepsTheLargestFields() {
        long position = ring.tryPublish(PostingRing.LINKS_MAX - 1, (1 << 18) - 1, 0xFFFF, 0);
        assertThat(PostingRing.link(ring.slot(position))).isEqualTo(PostingRing.LINKS_MAX - 1);
        assertThat(PostingRing.stagingIndex(ring.slot(position))).isEqualTo((1 << 18) - 1);
        assertThat(ring.isFilled(position)).isTrue();
        assertThat(ring.isOfLap(ring.slot(position), position)).isTrue();
        assertThat(ring.isOfLap(ring.slot(position), position + SLOTS)).isFalse();
    }

    @Test
    void refusesWhenEverySlotWaits() {
        for (int lap = 0; lap < 3; lap++) {
            while (ring.tail() - status.applied() < SLOTS) {
                assertThat(ring.tryPublish(1, 2, 3, 0)).isNotNegative();
            }
            assertThat(ring.tryPublish(1, 2, 3, 0)).isEqualTo(PostingRing.FULL);
            status.publishApplied(status.applied() + 1);
            long position = ring.tail();
            assertThat(ring.tryPublish(1, 2, 3, 0)).isEqualTo(position);
            assertThat(ring.tryPublish(1, 2, 3, 0)).isEqualTo(PostingRing.FULL);
            status.publishApplied(ring.tail() - lap);
        }
    }

    @Test
    void goesOnWhenTheLapNumberWraps() {
        int slots = 2;
        PostingRing small =
                new PostingRing(
                        new MemoryRegion(
                                Arena.ofAuto().allocate(PostingRing.fileLength(slots), 64)),
                        status,
                        slots);
        long end = 2L * slots << 18;
        for (long position = 0; position < end; position += 2) {
            check(small.tryPublish(1, 2, 3, 0) == position, position);
            check(small.tryPublish(1, 2, 3, 0) == position + 1, position);
            check(small.tryPublish(1, 2, 3, 0) == PostingRing.FULL, position);
            check(small.isFilled(position) && !small.isFilled(position + 2), position);
            status.publishApplied(position + 2);
        }
        assertThat(small.tail()).isEqualTo(end);
    }

    private static void check(boolean holds, long position) {
        if (!holds) {
            throw new AssertionError("ring fails at position " + position);
        }
    }

    @Test
    void refusesByTheStateAndTellsWhichBits() {
        status.publishState(PoolStatus.STATE_FROZEN);
        long refusing = PoolStatus.STATE_FROZEN | PoolStatus.STATE_DESTROYED;
        assertThat(ring.tryPublish(1, 2, 3, refusing))
                .isEqualTo(PostingRing.FULL - PoolStatus.STATE_FROZEN);
        assertThat(ring.tryPublish(1, 2, 3, PoolStatus.STATE_DESTROYED)).isZero();
        status.publishState(refusing);
        assertThat(ring.tryPublish(1, 2, 3, refusing)).isEqualTo(PostingRing.FULL - refusing);
        status.publishState(0);
        assertThat(ring.tryPublish(1, 2, 3, refusing)).isEqualTo(1);
        assertThat(ring.tail()).isEqualTo(2);
    }

    @Test
    void helpsAPublisherThatNeverMovesTheTail() {
        PostingRing dying = ringOfTheDying();
        assertThat(dying.tryPublish(7, 1, 1, 0)).isZero();
        assertThat(ring.tail()).isZero();
        assertThat(ring.tryPublish(8, 2, 1, 0)).isEqualTo(1);
        assertThat(ring.tail()).isEqualTo(2);
        assertThat(PostingRing.link(ring.slot(0))).isEqualTo(7);
        assertThat(PostingRing.link(ring.slot(1))).isEqualTo(8);
    }

    @Test
    void letsTheManagerMoveTheTailForADeadPublisher() {
        PostingRing dying = ringOfTheDying();
        dying.tryPublish(7, 1, 1, 0);
        assertThat(dying.tryPublish(7, 2, 1, 0)).as("it never sees its own tail move").isEqualTo(1);
        assertThat(ring.isFilled(1)).isTrue();
        ring.helpTail(1);
        assertThat(ring.tail()).isEqualTo(1);
        ring.helpTail(Long.MAX_VALUE);
        assertThat(ring.tail()).isEqualTo(2);
    }

    @Test
    void findsNoFilledSlotBehindAFullRing() {
        for (int i = 0; i < SLOTS; i++) {
            ring.tryPublish(1, 2, 3, 0);
        }
        ring.helpTail(Long.MAX_VALUE);
        assertThat(ring.tail()).isEqualTo(SLOTS);
        assertThat(ring.isFilled(SLOTS)).isFalse();
    }

    @Test
    void tellsTheLastPostingThatMayConcernAKey() {
        long hash = 0x1234_5678_9ABC_DEF0L;
        int tag = KeyHash.ringTag(hash);
        assertThat(ring.lastPosting(0, 0, hash)).isZero();
        ring.tryPublish(1, 0, tag, 0);
        ring.tryPublish(1, 1, tag == 5 ? 6 : 5, 0);
        assertThat(ring.lastPosting(0, 2, hash)).isEqualTo(1);
        assertThat(ring.lastPosting(1, 2, hash)).isEqualTo(1);
        ring.tryPublish(1, 2, PostingRing.TAG_ALL, 0);
        ring.tryPublish(1, 3, tag == 5 ? 6 : 5, 0);
        assertThat(ring.lastPosting(0, 4, hash)).isEqualTo(3);
        assertThat(ring.lastPosting(3, 4, hash)).isEqualTo(3);
    }

    @Test
    void countsNoPostingOfALaterLap() {
        long hash = 0x1234_5678_9ABC_DEF0L;
        for (int i = 0; i < SLOTS + 1; i++) {
            ring.tryPublish(1, 0, KeyHash.ringTag(hash), 0);
            status.publishApplied(i);
        }
        assertThat(ring.lastPosting(0, 1, hash)).as("slot 0 is of the second lap").isZero();
        assertThat(ring.lastPosting(SLOTS, SLOTS + 1, hash)).isEqualTo(SLOTS + 1);
    }

    @Test
    void deliversEachOperationOnceAndInItsPublishersOrder() throws Exception {
        deliver(3, 60_000, 0);
    }

    @Test
    void deliversEachOperationOnceWhenSomePublishersNeverMoveTheTail() throws Exception {
        deliver(3, 30_000, 1);
    }

    private void deliver(int producers, int perProducer, int dyingProducers) throws Exception {
        deliver(producers, perProducer, dyingProducers, PostingRingTest::publish);
    }

    private void deliver(int producers, int perProducer, int dyingProducers, Publisher publisher)
            throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int link = 0; link < producers; link++) {
            int own = link;
            PostingRing view = link < dyingProducers ? ringOfTheDying() : ring;
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> publisher.publish(view, own, perProducer, failure)));
        }
        int[] next = new int[producers];
        long end = (long) producers * perProducer;
        for (long position = 0; position < end; position++) {
            while (!ring.isFilled(position)) {
                assertThat(failure.get()).isNull();
                Thread.yield();
            }
            long slot = ring.slot(position);
            int link = PostingRing.link(slot);
            assertThat(PostingRing.stagingIndex(slot)).isEqualTo(next[link] & 0x3FFFF);
            next[link]++;
            ring.helpTail(position + 1);
            status.publishApplied(position + 1);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(next).containsOnly(perProducer);
        assertThat(ring.tail()).isEqualTo(end);
    }

    @Test
    void publishesSeveralAndMovesTheTailOnce() {
        long next = ring.tail();
        for (int i = 0; i < 10; i++) {
            long position = ring.tryPublishFrom(next, 4, i, 1, 0, PoolStatus.NO_LIMIT);
            assertThat(position).isEqualTo(i);
            assertThat(ring.isFilled(i)).isTrue();
            next = position + 1;
        }
        assertThat(ring.tail()).isZero();
        ring.advanceTail(next);
        assertThat(ring.tail()).isEqualTo(10);
        ring.advanceTail(3);
        assertThat(ring.tail()).as("it never goes back").isEqualTo(10);
    }

    @Test
    void publishesSeveralAmongOthers() {
        long first = ring.tryPublishFrom(ring.tail(), 4, 1, 1, 0, PoolStatus.NO_LIMIT);
        assertThat(ring.tryPublish(5, 2, 1, 0)).isEqualTo(first + 1);
        assertThat(ring.tail()).isEqualTo(first + 2);
        assertThat(ring.tryPublishFrom(first + 1, 4, 3, 1, 0, PoolStatus.NO_LIMIT))
                .isEqualTo(first + 2);
        ring.advanceTail(first + 3);
        assertThat(ring.tail()).isEqualTo(first + 3);
    }

    @Test
    void refusesSeveralAsItRefusesOne() {
        long next = 0;
        for (int i = 0; i < SLOTS; i++) {
            next = ring.tryPublishFrom(next, 1, 2, 3, 0, PoolStatus.NO_LIMIT) + 1;
        }
        assertThat(ring.tryPublishFrom(next, 1, 2, 3, 0, PoolStatus.NO_LIMIT))
                .isEqualTo(PostingRing.FULL);
        status.publishApplied(1);
        assertThat(ring.tryPublishFrom(next, 1, 2, 3, 0, PoolStatus.NO_LIMIT)).isEqualTo(SLOTS);
        status.publishApplied(SLOTS);
        status.publishState(PoolStatus.STATE_FROZEN);
        assertThat(ring.tryPublishFrom(
                next, 1, 2, 3, PoolStatus.STATE_FROZEN, PoolStatus.NO_LIMIT))
                .isEqualTo(PostingRing.FULL - PoolStatus.STATE_FROZEN);
        // Some moved it along already, half a lap at a time, and this the rest.
        ring.advanceTail(next + 1);
        assertThat(ring.tail()).isEqualTo(SLOTS + 1);
    }

    @Test
    void keepsTheTailWithinALapOfABatchThatNeverEnds() {
        long next = 0;
        for (int i = 0; i < 5 * SLOTS; i++) {
            next = ring.tryPublishFrom(next, 4, i, 1, 0, PoolStatus.NO_LIMIT) + 1;
            status.publishApplied(next);
            assertThat(next - ring.tail()).isLessThanOrEqualTo(SLOTS / 2 + 1);
        }
        assertThat(ring.tryPublish(5, 0, 1, 0)).isEqualTo(next);
        ring.helpTail(Long.MAX_VALUE);
        assertThat(ring.tail()).isEqualTo(next + 1);
    }

    @Test
    void deliversEachOperationOnceWhenAllPublishInBatches() throws Exception {
        deliver(3, 60_000, 0, PostingRingTest::publishInBatches);
    }

    @Test
    void deliversEachOperationOnceWhenBatchesNeverEnd() throws Exception {
        deliver(3, 30_000, 2, PostingRingTest::publishInBatches);
    }

    private static void publishInBatches(
            PostingRing ring, int link, int count, AtomicReference<Throwable> failure) {
        try {
            long next = 0;
            for (int i = 0; i < count;) {
                if (i % 700 == 0) {
                    next = ring.tail();
                }
                long position = ring.tryPublishFrom(next, link, i & 0x3FFFF, 1 + link, 0,
                        PoolStatus.NO_LIMIT);
                if (position == PostingRing.FULL) {
                    ring.advanceTail(next);
                    Thread.yield();
                } else {
                    check(position >= next, position);
                    next = position + 1;
                    i++;
                }
                if (i % 700 == 0) {
                    ring.advanceTail(next);
                }
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    private static void publish(
            PostingRing ring, int link, int count, AtomicReference<Throwable> failure) {
        try {
            long last = -1;
            for (int i = 0; i < count;) {
                long position = ring.tryPublish(link, i & 0x3FFFF, 1 + link, 0);
                if (position == PostingRing.FULL) {
                    Thread.yield();
                } else {
                    check(position > last, position);
                    last = position;
                    i++;
                }
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    /** What a thread does in these tests. */
    private interface Publisher {
        void publish(PostingRing ring, int link, int count, AtomicReference<Throwable> failure);
    }

    @Test
    void acceptsNothingBehindASealOnceTheStateIsSet() throws Exception {
        acceptsNothingBehindASeal(
                (from, refusing) -> ring.tryPublish(1, 0, 1, refusing));
    }

    @Test
    void acceptsNothingOfABatchBehindASealOnceTheStateIsSet() throws Exception {
        acceptsNothingBehindASeal(
                (from, refusing) -> ring.tryPublishFrom(
                        from, 1, 0, 1, refusing, PoolStatus.NO_LIMIT));
    }

    /** One publication, at the earliest at a position. */
    private interface Publication {
        long tryPublish(long from, long refusing);
    }

    private void acceptsNothingBehindASeal(Publication publication) throws Exception {
        Random random = TestRandom.random();
        for (int round = 0; round < 50; round++) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Long> accepted = new ArrayList<>();
            status.publishState(0);
            Thread client = Thread.ofPlatform().start(() -> {
                try {
                    long next = ring.tail();
                    while (true) {
                        long position = publication.tryPublish(next, PoolStatus.STATE_FROZEN);
                        next = position >= 0 ? position + 1 : next;
                        if (position < PostingRing.FULL) {
                            return;
                        } else if (position >= 0) {
                            accepted.add(position);
                        }
                    }
                } catch (RuntimeException | Error e) {
                    failure.set(e);
                }
            });
            long start = status.applied();
            int before = random.nextInt(3 * SLOTS);
            while (status.applied() < start + before) {
                applyAll();
            }
            status.publishState(PoolStatus.STATE_FROZEN);
            long seal;
            do {
                applyAll();
                seal = ring.tryPublish(0, 0, PostingRing.TAG_ALL, 0);
            } while (seal == PostingRing.FULL);
            client.join();
            applyAll();
            assertThat(failure.get()).isNull();
            assertThat(accepted.isEmpty() || accepted.getLast() < seal).isTrue();
        }
    }
}
