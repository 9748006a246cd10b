package io.ddict.bench.stress;

import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two clients publish at once: both operations are there, in two slots, and the tail is behind. */
@JCStressTest
@Outcome(id = "1, 2, 2", expect = Expect.ACCEPTABLE, desc = "the first client was first")
@Outcome(id = "2, 1, 2", expect = Expect.ACCEPTABLE, desc = "the second client was first")
@Outcome(expect = Expect.FORBIDDEN, desc = "an operation was lost, or the tail is wrong")
@State
public class RingPublishStress {
    private final PostingRing ring =
            new PostingRing(
                    SharedMemory.region(512),
                    new PoolStatus(SharedMemory.region(PoolStatus.FILE_LENGTH)),
                    8);

    /** Publishes. */
    @Actor
    public void first() {
        ring.tryPublish(1, 1, 1, 0);
    }

    /** Publishes too. */
    @Actor
    public void second() {
        ring.tryPublish(2, 2, 2, 0);
    }

    /** Looks at the slots and the tail. */
    @Arbiter
    public void look(III_Result result) {
        result.r1 = PostingRing.link(ring.slot(0));
        result.r2 = PostingRing.link(ring.slot(1));
        result.r3 = (int) ring.tail();
    }
}
