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

/** A helper moves the low position as the publisher of a slot does: the tail never goes back. */
@JCStressTest
@Outcome(id = "15, 15, 16", expect = Expect.ACCEPTABLE, desc = "helped before the slot was filled")
@Outcome(id = "15, 16, 16", expect = Expect.ACCEPTABLE, desc = "filled in between")
@Outcome(id = "16, 16, 16", expect = Expect.ACCEPTABLE, desc = "helped, or found moved")
@Outcome(expect = Expect.FORBIDDEN, desc = "the tail went back, or past a slot that is free")
@State
public class TailHelpStress {
    private final PostingRing ring =
            new PostingRing(
                    SharedMemory.region(768),
                    new PoolStatus(SharedMemory.region(PoolStatus.FILE_LENGTH)),
                    64);

    public TailHelpStress() {
        for (int i = 0; i < 15; i++) {
            ring.tryPublish(1, 1, 1, 0);
        }
    }

    /** Publishes, and moves the low position. */
    @Actor
    public void publish() {
        ring.tryPublish(1, 1, 1, 0);
    }

    /** Helps, and sees the tail twice. */
    @Actor
    public void help(III_Result result) {
        ring.raiseLow();
        result.r1 = (int) ring.tail();
        result.r2 = (int) ring.tail();
    }

    /** Looks at the tail in the end. */
    @Arbiter
    public void look(III_Result result) {
        result.r3 = (int) ring.tail();
    }
}
