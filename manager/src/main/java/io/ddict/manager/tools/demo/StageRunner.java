package io.ddict.manager.tools.demo;

import io.ddict.client.DDict;
import io.ddict.manager.tools.demo.DemoReport.StageFigures;
import io.ddict.manager.tools.demo.DemoReport.StagePlace;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Runs stages over a dictionary, one after the other, each in processes started for it. */
final class StageRunner {
    private static final long TICK_MS = 50;

    private final String handle;
    private final Workspace workspace;
    private final StageNodes nodes;
    private final int processCount;
    private final Progress progress;
    private final List<StageFigures> figures = new ArrayList<>();
    private final List<StagePlace> places = new ArrayList<>();

    StageRunner(
            DDict<String, Object> dictionary,
            StageNodes nodes,
            int processCount,
            Progress progress) {
        this.nodes = nodes;
        this.handle = dictionary.serialize();
        this.workspace = new Workspace(dictionary);
        this.processCount = processCount;
        this.progress = progress;
    }

    /** What the stages took, so far. */
    List<StageFigures> figures() {
        return List.copyOf(figures);
    }

    /** Where the processes of the stages ran, so far. */
    List<StagePlace> places() {
        return List.copyOf(places);
    }

    /**
     * Runs a stage and waits until its last process has ended well.
     *
     * @throws StageFailedException if one failed; all have ended then
     */
    StageReport run(Stage stage) throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        List<StageProcess> processes = new ArrayList<>();
        try {
            for (int number = 0; number < processCount; number++) {
                processes.add(nodes.start(stage, number, handle));
            }
            awaitEnd(stage, processes);
        } finally {
            processes.forEach(StageProcess::close);
        }
        StageReport report = StageReport.NOTHING;
        for (int number = 0; number < processCount; number++) {
            report = report.plus(workspace.report(stage, number));
            places.add(workspace.place(stage, number, processes.get(number).host()));
        }
        figures.add(StageFigures.of(
                stage.text(), processCount, System.nanoTime() - startNs, report));
        return report;
    }

    private void awaitEnd(Stage stage, List<StageProcess> processes) throws InterruptedException {
        Deque<Step> steps = new ArrayDeque<>(Step.of(stage));
        boolean ended = false;
        while (!ended) {
            ended = true;
            for (StageProcess process : processes) {
                ended &= process.awaitEnd(TICK_MS / processes.size());
            }
            tellProgress(steps);
        }
    }

    /** Tells of the first step that is not complete, and of those that have become complete. */
    private void tellProgress(Deque<Step> steps) {
        Plan plan = workspace.plan();
        boolean complete = true;
        while (complete && !steps.isEmpty()) {
            Step step = steps.getFirst();
            long total = step == Step.MERGE ? plan.partitions() : plan.files();
            long done = workspace.done(step);
            progress.reached(step, done, total);
            complete = done == total;
            if (complete) {
                steps.removeFirst();
            }
        }
    }
}
