package io.ddict.examples;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Workers compute π in rounds, each with points of its own, until it does not change any more. A round is a
 * checkpoint: each worker puts its estimate, and takes those of the others as they come. Nothing else keeps
 * them in step.
 *
 * <p>{@code ./ddict run io.ddict.examples.Pi 3}
 */
final class Pi {
    private static final int POINTS = 1_000_000;
    private static final double CONVERGED = 1e-4;

    private Pi() {}

    /** What a worker ends with. */
    private record Result(double pi, long rounds) implements Serializable {}

    static void main(String[] arguments) {
        int workers = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        DDict<Integer, Double> estimates = DDict.create(
                DDictConfig.builder().workingSetSize(2).waitForKeys(true).build());
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            int worker = i;
            processes.add(Process.start(
                    ProcessTemplate.of(() -> compute(estimates, worker, workers))));
        }
        List<Result> results = new ArrayList<>();
        for (Process each : processes) {
            results.add(each.result(Duration.ofMinutes(1)));
        }
        Result first = results.getFirst();
        IO.println("pi is " + first.pi + " after " + first.rounds + " rounds of " + workers
                + " workers");
        if (new HashSet<>(results).size() != 1 || Math.abs(first.pi - Math.PI) > 0.01) {
            throw new IllegalStateException("workers differ, or are wrong: results=" + results);
        }
    }

    // snippet: example-pi
    /** Runs in each worker: all of them leave after the same round, with the same result. */
    private static Result compute(DDict<Integer, Double> estimates, int worker, int workers) {
        double pi = 0;
        double before;
        do {
            before = pi;
            long round = estimates.checkpointId();
            estimates.put(worker, estimate(worker, round)); // belongs to this round alone
            double sum = 0;
            for (int each = 0; each < workers; each++) {
                sum += estimates.getOrThrow(each); // waits until that worker has put its own
            }
            pi = (pi * round + sum / workers) / (round + 1);
            estimates.checkpoint();
        } while (Math.abs(pi - before) > CONVERGED);
        return new Result(pi, estimates.checkpointId());
    }
    // end

    /** Four times the share of random points of a square that lie in its quarter circle. */
    private static double estimate(int worker, long round) {
        SplittableRandom random = new SplittableRandom(1_000_003L * worker + round);
        int inside = 0;
        for (int i = 0; i < POINTS; i++) {
            double x = random.nextDouble();
            double y = random.nextDouble();
            inside += x * x + y * y < 1 ? 1 : 0;
        }
        return 4.0 * inside / POINTS;
    }
}
