package io.ddict.client.channel.shm;

import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.QueueAnswer;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * The client's end of the answer ring. The manager writes it with Agrona's OneToOneRingBuffer; this
 * reads the same layout without Agrona, which a client does not have:
 *
 *   at the tail of a record: length (int, written last; 0: not there yet), type (int), then the body
 *   behind the ring: the tail position at 128, the head position at 384 bytes
 *
 * There is no thread of its own: whoever waits for an answer reads the ring, for all. Answers that
 * nobody waits for any more are dropped, except that a block granted too late is given back.
 */

/** Requests that wait for their answers. Safe from any thread. */
final class Answers {
    private static final int PADDING_TYPE = -1;
    private static final int RECORD_HEADER_LENGTH = 8;
    private static final int HEAD_POSITION = 384;

    private final MemoryRegion ring;
    private final LateGrant onLateGrant;
    private final ReentrantLock reading = new ReentrantLock();
    private final ConcurrentHashMap<Long, Answer> waiting = new ConcurrentHashMap<>();
    private final Semaphore permits = new Semaphore(LinkLayout.REQUESTS_MAX);
    private final AtomicLong nextCorrelation = new AtomicLong(1);
    private long head;

    Answers(MemoryRegion link, LateGrant onLateGrant) {
        int length = LinkLayout.ANSWERS_CAPACITY + LinkLayout.ANSWERS_TRAILER_LENGTH;
        MemorySegment segment =
                link.writableSegment().asSlice(LinkLayout.ANSWERS_OFFSET, length);
        this.ring = new MemoryRegion(segment);
        this.onLateGrant = onLateGrant;
        this.head = ring.getLong(headOffset());
    }

    /** Opens a request of so many answers; false if too many are open, and the caller should wait. */
    boolean tryAcquire(int count) {
        return permits.tryAcquire(count);
    }

    /** The request's answer, still to come; after {@link #tryAcquire}. */
    Answer open() {
        return waitFor(new Answer(nextCorrelation.getAndIncrement()));
    }

    /** The answers of a request for items; after {@link #tryAcquire}. */
    Items open(int most) {
        return waitFor(new Items(nextCorrelation.getAndIncrement(), most));
    }

    private <A extends Answer> A waitFor(A answer) {
        waiting.put(answer.correlation, answer);
        return answer;
    }

    /** Ends a request, answered or not. */
    void close(Answer answer) {
        waiting.remove(answer.correlation);
        permits.release(answer.most());
    }

    /** Reads what has come, unless another thread is at it. */
    void poll() {
        if (reading.tryLock()) {
            try {
                drain();
            } finally {
                reading.unlock();
            }
        }
    }

    /** Reads what has come, after another thread if one is at it. */
    void pollAll() {
        reading.lock();
        try {
            drain();
        } finally {
            reading.unlock();
        }
    }

    private void drain() {
        long start = head;
        while (true) {
            int index = (int) (head & (LinkLayout.ANSWERS_CAPACITY - 1));
            // The length is written last, with release; it shares a long with the type.
            long header = ring.getLongAcquire(index);
            int length = (int) header;
            if (length <= 0) {
                break;
            }
            int type = (int) (header >>> 32);
            if (type != PADDING_TYPE) {
                dispatch((byte) type, index + RECORD_HEADER_LENGTH);
            }
            int aligned = (length + 7) & -8;
            clear(index, aligned);
            head += aligned;
        }
        if (head != start) {
            ring.putLongRelease(headOffset(), head);
        }
    }

    // Agrona's writer relies on consumed space being zero.
    private void clear(int index, int length) {
        for (int offset = index; offset < index + length; offset += Long.BYTES) {
            ring.putLong(offset, 0);
        }
    }

    private void dispatch(byte kind, int body) {
        long correlation = ring.getLong(body);
        Status status = Status.of((int) ring.getLong(body + 8L));
        long first = ring.getLong(body + 16L);
        long second = ring.getLong(body + 24L);
        Answer answer = waiting.get(correlation);
        if (answer != null) {
            answer.complete(status, first, second);
        } else if (kind == Operation.GRANT && status == Status.OK) {
            onLateGrant.giveBack(LinkLayout.grant((int) first, (int) second));
        }
    }

    private static long headOffset() {
        return LinkLayout.ANSWERS_CAPACITY + HEAD_POSITION;
    }

    /** What to do with a block whose request was given up. */
    interface LateGrant {
        void giveBack(long grant);
    }

    /** One answer. */
    static class Answer {
        final long correlation;
        private Status status = Status.MALFORMED;
        private long first;
        private long second;
        private volatile boolean done;
        private volatile @Nullable Thread sleeper;

        private Answer(long correlation) {
            this.correlation = correlation;
        }

        int most() {
            return 1;
        }

        void complete(Status status, long first, long second) {
            this.status = status;
            this.first = first;
            this.second = second;
            done = true;
            LockSupport.unpark(sleeper);
        }

        /** Says which thread to wake when it has come. */
        void isAwaitedBy(Thread thread) {
            sleeper = thread;
        }

        boolean isDone() {
            return done;
        }

        Status status() {
            return status;
        }

        long first() {
            return first;
        }

        long second() {
            return second;
        }
    }

    /** The items that came for one request; done when the last one has. */
    static final class Items extends Answer {
        private final long[] numbers;
        private final long[] places;
        private int count;

        private Items(long correlation, int most) {
            super(correlation);
            this.numbers = new long[most];
            this.places = new long[most];
        }

        @Override
        int most() {
            return numbers.length;
        }

        @Override
        void complete(Status status, long number, long place) {
            if (status == Status.OK) {
                numbers[count] = number;
                places[count++] = place;
            }
            if (status != Status.OK || QueueAnswer.isLast(place)) {
                super.complete(status, 0, 0);
            }
        }

        /** How many came. */
        int count() {
            return count;
        }

        long number(int index) {
            return numbers[index];
        }

        long place(int index) {
            return places[index];
        }
    }
}
