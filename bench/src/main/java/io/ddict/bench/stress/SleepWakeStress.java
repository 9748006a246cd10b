package io.ddict.bench.stress;

import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A client publishes while the manager goes to sleep: one of the two sees the other. */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "both saw")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "the client rings")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "the manager does not sleep")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "the manager sleeps through it")
@State
public class SleepWakeStress {
    private final PoolStatus status =
            new PoolStatus(SharedMemory.region(PoolStatus.FILE_LENGTH));
    private final PostingRing ring = new PostingRing(SharedMemory.region(512), status, 8);

    /** The client: publishes, then looks whether it must ring. */
    @Actor
    public void client(ZZ_Result result) {
        ring.tryPublish(1, 1, 1, 0);
        result.r1 = status.isAsleep();
    }

    /** The manager: announces its sleep, then looks at the ring once more. */
    @Actor
    public void manager(ZZ_Result result) {
        status.publishRest(PoolStatus.ASLEEP);
        result.r2 = ring.isFilled(0);
    }
}
