package io.ddict.manager.tools;

import io.ddict.manager.tools.demo.Progress;
import io.ddict.manager.tools.demo.Step;
import java.io.PrintStream;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Progress for a person: a bar for each step, one below the other. */
final class ProgressBars implements Progress, AutoCloseable {
    private static final int UPDATE_INTERVAL_MS = 100;

    private final PrintStream err;
    private @Nullable ProgressBar bar;

    ProgressBars(PrintStream err) {
        this.err = err;
    }

    @Override
    public void reached(Step step, long done, long total) {
        if (bar == null) {
            bar = start(step, total);
        }
        bar.stepTo(done);
        if (done == total) {
            close();
        }
    }

    /** Ends the bar that is being drawn, if there is one; it stays where it is. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    private ProgressBar start(Step step, long total) {
        return new ProgressBarBuilder()
                .setTaskName(String.format(Locale.ROOT, "%-5s", step.text()))
                .setInitialMax(total)
                .setUnit(" " + step.unit(), 1)
                .setUpdateIntervalMillis(UPDATE_INTERVAL_MS)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build();
    }
}
