package io.ddict.manager.tools;

import io.ddict.manager.tools.demo.Progress;
import io.ddict.manager.tools.demo.Step;
import java.io.PrintStream;

/** Progress for a log: a line when a step is complete, and now and then while it takes long. */
final class ProgressLines implements Progress {
    private static final long INTERVAL_NS = 5_000_000_000L;

    private final PrintStream err;
    private long toldNs = System.nanoTime();

    ProgressLines(PrintStream err) {
        this.err = err;
    }

    @Override
    public void reached(Step step, long done, long total) {
        long nowNs = System.nanoTime();
        if (done < total && nowNs - toldNs < INTERVAL_NS) {
            return;
        }
        toldNs = nowNs;
        err.println("ddict: " + step.text() + ": " + Figures.count(done) + " of "
                + Figures.count(total) + " " + step.unit());
    }
}
