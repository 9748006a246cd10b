package io.ddict.client.channel.shm;

import io.ddict.client.CallTimes;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.LatencyHistogram;

/** Adds up times of calls, and tells their percentiles. */
final class TimesSum {
    private final long[][] counts =
            new long[CallKind.values().length][LatencyHistogram.BUCKETS];

    void add(LatencyHistogram times) {
        for (CallKind kind : CallKind.values()) {
            for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
                counts[kind.ordinal()][bucket] += times.count(kind, bucket);
            }
        }
    }

    CallTimes of(CallKind kind) {
        long[] buckets = counts[kind.ordinal()];
        long samples = 0;
        for (long each : buckets) {
            samples += each;
        }
        return new CallTimes(
                samples,
                percentile(buckets, samples, 0.5),
                percentile(buckets, samples, 0.9),
                percentile(buckets, samples, 0.99),
                percentile(buckets, samples, 0.999),
                percentile(buckets, samples, 1));
    }

    private static long percentile(long[] buckets, long samples, double share) {
        long wanted = (long) Math.ceil(share * samples);
        long seen = 0;
        for (int bucket = 0; bucket < buckets.length && wanted > 0; bucket++) {
            seen += buckets[bucket];
            if (seen >= wanted) {
                return LatencyHistogram.upperNs(bucket);
            }
        }
        return 0;
    }
}
