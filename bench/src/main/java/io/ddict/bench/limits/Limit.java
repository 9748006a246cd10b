package io.ddict.bench.limits;

/**
 * One figure of the machine.
 *
 * @param what what was done
 * @param threads threads, or pairs of processes, that did it at once
 * @param length bytes of a piece or of a message; of the memory for accesses
 * @param figure which figure: a rate, a mean or a percentile
 * @param value the figure
 * @param unit its unit
 */
public record Limit(
        String what, int threads, long length, String figure, double value, String unit) {}
