package io.ddict.store.pool;

/*
 * How long calls took, counted in buckets of a quarter of a power of two: a percentile is told to within
 * a quarter. The first bucket is for calls below 64 ns, the last for those of eight seconds and more.
 * Buckets of one kind of call, 8 bytes each, follow those of another by CallKind's order.
 *
 * A client has one for each link, in the link's file, which all its threads count in; a manager adds
 * those of links that end to one of its own. So what all clients met is their sum, for whoever maps the
 * files, and nobody is asked.
 */

/** Times of calls, by kind. Any thread of any process may count and read. */
public final class LatencyHistogram {
    /** Buckets of each kind. */
    public static final int BUCKETS = 112;

    /** Bytes of the buckets of all kinds. */
    public static final int LENGTH = CallKind.values().length * BUCKETS * Long.BYTES;

    // Below 2^6 ns all calls are one; each further power of two has four buckets.
    private static final int FIRST_POWER = 6;
    private static final int SHARES_SHIFT = 2;
    private static final int SHARES = 1 << SHARES_SHIFT;

    private final MemoryRegion region;
    private final long offset;

    /** Lays one over a part of a file, zeros at first. */
    public LatencyHistogram(MemoryRegion region, long offset) {
        this.region = region;
        this.offset = offset;
    }

    /** Counts a call. */
    public void record(CallKind kind, long lengthNs) {
        add(kind, bucket(lengthNs), 1);
    }

    /** Calls counted in a bucket. */
    public long count(CallKind kind, int bucket) {
        return region.getLongAcquire(offset(kind, bucket));
    }

    /** Adds all that another has counted. */
    public void addAll(LatencyHistogram other) {
        for (CallKind kind : CallKind.values()) {
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                long count = other.count(kind, bucket);
                if (count != 0) {
                    add(kind, bucket, count);
                }
            }
        }
    }

    /** The longest time that a bucket stands for, in nanoseconds. */
    public static long upperNs(int bucket) {
        int power = FIRST_POWER + (bucket - 1 >> SHARES_SHIFT);
        int share = bucket - 1 & SHARES - 1;
        return bucket == 0
                ? (1L << FIRST_POWER) - 1
                : (1L << power) + (share + 1L << power - SHARES_SHIFT) - 1;
    }

    static int bucket(long lengthNs) {
        if (lengthNs < 1L << FIRST_POWER) {
            return 0;
        }
        int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(lengthNs);
        int share = (int) (lengthNs >>> power - SHARES_SHIFT) & SHARES - 1;
        return Math.min(BUCKETS - 1, 1 + (power - FIRST_POWER << SHARES_SHIFT) + share);
    }

    private void add(CallKind kind, int bucket, long count) {
        long at = offset(kind, bucket);
        long before = region.getLongAcquire(at);
        while (!region.compareAndSetLong(at, before, before + count)) {
            before = region.getLongAcquire(at);
        }
    }

    private long offset(CallKind kind, int bucket) {
        return offset + (long) (kind.ordinal() * BUCKETS + bucket) * Long.BYTES;
    }
}
