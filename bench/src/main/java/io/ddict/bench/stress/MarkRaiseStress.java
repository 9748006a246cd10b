package io.ddict.bench.stress;

import io.ddict.store.pool.PostingMarks;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** Two clients raise the mark of one bucket: the higher position stays. */
@JCStressTest
@Outcome(id = "9", expect = Expect.ACCEPTABLE, desc = "the higher one")
@Outcome(expect = Expect.FORBIDDEN, desc = "a read may miss the later write")
@State
public class MarkRaiseStress {
    private static final long HASH = 0;

    private final PostingMarks marks = new PostingMarks(SharedMemory.region(128), 1);

    /** Raises it to 5. */
    @Actor
    public void lower() {
        marks.raise(HASH, 5);
    }

    /** Raises it to 9. */
    @Actor
    public void higher() {
        marks.raise(HASH, 9);
    }

    /** Looks. */
    @Arbiter
    public void look(J_Result result) {
        result.r1 = marks.mark(HASH);
    }
}
