package io.ddict.client;

/**
 * How long calls of one kind took, from their begin to their return, by one in {@link #CALLS_PER_SAMPLE}
 * of them: each thread times every such call. In nanoseconds, rounded up by a quarter at most; 0 where
 * nothing was timed. Calls that were refused are not in it.
 *
 * @param samples calls that were timed
 * @param p50Ns half of them took no longer
 * @param p90Ns nine in ten took no longer
 * @param p99Ns 99 in a hundred took no longer
 * @param p999Ns 999 in a thousand took no longer
 * @param maxNs none took longer; of more than eight seconds, eight
 */
public record CallTimes(
        long samples, long p50Ns, long p90Ns, long p99Ns, long p999Ns, long maxNs) {
    /** One call in so many is timed: no divisor of a loop's length, and cheap enough to be always on. */
    public static final int CALLS_PER_SAMPLE = 61;
}
