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
    private static final long LOW_OFFSET = 128;

    private final MemoryRegion statusRegion =
            new MemoryRegion(Arena.ofAuto().allocate(PoolStatus.FILE_LENGTH, 64));
    private final PoolStatus status = new PoolStatus(statusRegion);
    private final MemorySegment segment =
            Arena.ofAuto().allocate(PostingRing.fileLength(SLOTS), 64);
    private final PostingRing ring = new PostingRing(new MemoryRegion(segment), status, SLOTS);

    /** The ring as a publisher sees it that dies whenever it has filled the slot after which low moves. */
    private PostingRing ringOfTheDying() {
        return new PostingRing(
                new MemoryRegion(segment) {
                    @Override
                    public boolean compareAndSetLong(long offset, long expected, long value) {
                        return offset == LOW_OFFSET
                                || super.compareAndSetLong(offset, expected, value);
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
        long lapsEnd = 1L << 18;
        for (long lap = 0; lap < lapsEnd + 2; lap++) {
            long first = lap * SLOTS;
            for (int i = 0; i < SLOTS; i++) {
                check(ring.tryPublish(1, 2, 3, 0) == first + i, first + i);
            }
            check(ring.tryPublish(1, 2, 3, 0) == PostingRing.FULL, first + SLOTS);
            check(ring.isFilled(first) && !ring.isFilled(first + SLOTS), first);
            status.publishApplied(first + SLOTS);
        }
        assertThat(ring.tail()).isEqualTo((lapsEnd + 2) * SLOTS);
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
    void findsTheTailBehindWhatOthersPublishedWhoMoveNothing() {
        PostingRing dying = ringOfTheDying();
        for (int i = 0; i < 40; i++) {
            assertThat(dying.tryPublish(7, i, 1, 0)).isEqualTo(i);
        }
        assertThat(low()).isZero();
        assertThat(ring.tail()).isEqualTo(40);
        assertThat(ring.tail(17)).isEqualTo(17);
        assertThat(ring.tail(41)).isEqualTo(40);
        assertThat(ring.tryPublish(8, 2, 1, 0)).isEqualTo(40);
        assertThat(ring.tail()).isEqualTo(41);
        assertThat(PostingRing.link(ring.slot(39))).isEqualTo(7);
        assertThat(PostingRing.link(ring.slot(40))).isEqualTo(8);
        ring.raiseLow();
        assertThat(low()).isEqualTo(41);
    }

    @Test
    void findsTheTailWhenAllSlotsAreFilled() {
        for (long lap = 1; lap < 4; lap++) {
            for (int i = 0; i < SLOTS; i++) {
                ring.tryPublish(1, 2, 3, 0);
            }
            assertThat(ring.tail()).isEqualTo(lap * SLOTS);
            assertThat(ring.isFilled(lap * SLOTS)).isFalse();
            status.publishApplied(lap * SLOTS);
        }
    }

    @Test
    void movesTheLowPositionNowAndThenAndNeverFallsALapBehind() {
        for (int i = 0; i < 5 * SLOTS; i++) {
            assertThat(ring.tryPublish(4, i & 0x3FFFF, 1, 0)).isEqualTo(i);
            status.publishApplied(i + 1);
            assertThat(low()).as("low").isEqualTo((i + 1) / 16 * 16L);
        }
    }

    @Test
    void staysWithinALapOfPublishersThatDie() {
        long published = 0;
        for (int i = 0; i < 3 * SLOTS; i++) {
            // Each fills the last slot before low would move, and whoever comes next must see to it.
            PostingRing view = (i & 15) == 15 ? ringOfTheDying() : ring;
            assertThat(view.tryPublish(4, 0, 1, 0)).isEqualTo(published);
            published++;
            status.publishApplied(published);
            assertThat(published - low()).isLessThanOrEqualTo(SLOTS / 2 + 1);
        }
    }

    @Test
    void refusesAsFullWhereASlotWasDamaged() {
        ring.tryPublish(1, 2, 3, 0);
        segment.fill((byte) 0x55);
        assertThat(ring.tryPublish(1, 2, 3, 0)).isEqualTo(PostingRing.FULL);
        segment.asSlice(LOW_OFFSET, Long.BYTES).fill((byte) 0);
        assertThat(ring.tryPublish(1, 2, 3, 0)).isEqualTo(PostingRing.FULL);
        assertThat(ring.tail()).isLessThanOrEqualTo(SLOTS);
    }

    private long low() {
        return new MemoryRegion(segment).getLongAcquire(LOW_OFFSET);
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
    void deliversEachOperationOnceWhenSomePublishersNeverMoveTheLowPosition() throws Exception {
        deliver(3, 30_000, 1);
    }

    private void deliver(int producers, int perProducer, int dyingProducers) throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int link = 0; link < producers; link++) {
            int own = link;
            PostingRing view = link < dyingProducers ? ringOfTheDying() : ring;
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> publish(view, own, perProducer, failure)));
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
            ring.raiseLow();
            status.publishApplied(position + 1);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(next).containsOnly(perProducer);
        assertThat(ring.tail()).isEqualTo(end);
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

    @Test
    void acceptsNothingBehindASealOnceTheStateIsSet() throws Exception {
        Random random = TestRandom.random();
        for (int round = 0; round < 50; round++) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Long> accepted = new ArrayList<>();
            status.publishState(0);
            Thread client = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        long position = ring.tryPublish(1, 0, 1, PoolStatus.STATE_FROZEN);
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
