package io.ddict.bench.compute;

/**
 * One figure of one round.
 *
 * @param what what was done
 * @param system who did it
 * @param shape how many workers, how large a chunk, how long a message
 * @param round its number, from 0
 * @param figure which figure: a time, a rate or a percentile
 * @param value the figure
 * @param unit its unit
 */
public record ComputeFigure(
        String what,
        String system,
        String shape,
        int round,
        String figure,
        double value,
        String unit) {
    /** Nanoseconds as milliseconds. */
    static ComputeFigure time(String what, String system, String shape, int round, long ns) {
        return new ComputeFigure(what, system, shape, round, "time", ns / 1e6, "ms");
    }
}
