package io.ddict.bench.stress;

import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingMarks;
import io.ddict.store.pool.PostingRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JZ_Result;

/** Whoever sees a raised mark also sees the operation in the ring, and a tail behind it. */
@JCStressTest
@Outcome(id = "0, false", expect = Expect.ACCEPTABLE, desc = "neither yet")
@Outcome(id = "0, true", expect = Expect.ACCEPTABLE, desc = "published, not yet accepted")
@Outcome(id = "1, true", expect = Expect.ACCEPTABLE, desc = "accepted: a read waits for it")
@Outcome(expect = Expect.FORBIDDEN, desc = "a mark without its operation: the read would not wait")
@State
public class MarkReadStress {
    private static final long HASH = 0;

    private final PostingMarks marks = new PostingMarks(SharedMemory.region(128), 1);
    private final PostingRing ring =
            new PostingRing(
                    SharedMemory.region(512),
                    new PoolStatus(SharedMemory.region(PoolStatus.FILE_LENGTH)),
                    8);

    /** A put. */
    @Actor
    public void put() {
        long position = ring.tryPublish(1, 1, 1, 0);
        marks.raise(HASH, position + 1);
    }

    /** A get's first step. */
    @Actor
    public void get(JZ_Result result) {
        result.r1 = marks.mark(HASH);
        result.r2 = ring.isFilled(0) && ring.tail() >= 1 || result.r1 == 0 && ring.isFilled(0);
    }
}
