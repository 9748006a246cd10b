package io.ddict.jcache;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.management.CacheStatisticsMXBean;

/** What this process did with a cache, counted while statistics are enabled. Safe from any thread. */
final class CacheStatistics implements CacheStatisticsMXBean {
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder puts = new LongAdder();
    private final LongAdder removals = new LongAdder();
    private final LongAdder getNs = new LongAdder();
    private final LongAdder putNs = new LongAdder();
    private final LongAdder removeNs = new LongAdder();
    private volatile boolean enabled;

    void enable(boolean enabled) {
        this.enabled = enabled;
    }

    boolean isEnabled() {
        return enabled;
    }

    /** When an operation begins; for the counting methods. Reads no clock unless it is needed. */
    long start() {
        return enabled ? System.nanoTime() : 0;
    }

    /** Counts a look at an entry that was there, or was not. */
    void looked(boolean wasThere, long startNs) {
        if (enabled) {
            (wasThere ? hits : misses).increment();
            getNs.add(System.nanoTime() - startNs);
        }
    }

    /** Counts so many entries that got a value. */
    void put(long count, long startNs) {
        count(puts, putNs, count, startNs);
    }

    /** Counts so many entries that were removed. */
    void removed(long count, long startNs) {
        count(removals, removeNs, count, startNs);
    }

    private void count(LongAdder counter, LongAdder time, long count, long startNs) {
        if (enabled && count > 0) {
            counter.add(count);
            time.add(System.nanoTime() - startNs);
        }
    }

    @Override
    public void clear() {
        hits.reset();
        misses.reset();
        puts.reset();
        removals.reset();
        getNs.reset();
        putNs.reset();
        removeNs.reset();
    }

    @Override
    public long getCacheHits() {
        return hits.sum();
    }

    @Override
    public float getCacheHitPercentage() {
        return percentage(getCacheHits());
    }

    @Override
    public long getCacheMisses() {
        return misses.sum();
    }

    @Override
    public float getCacheMissPercentage() {
        return percentage(getCacheMisses());
    }

    @Override
    public long getCacheGets() {
        return getCacheHits() + getCacheMisses();
    }

    @Override
    public long getCachePuts() {
        return puts.sum();
    }

    @Override
    public long getCacheRemovals() {
        return removals.sum();
    }

    /** Always 0: nothing is evicted. */
    @Override
    public long getCacheEvictions() {
        return 0;
    }

    @Override
    public float getAverageGetTime() {
        return averageUs(getNs, getCacheGets());
    }

    @Override
    public float getAveragePutTime() {
        return averageUs(putNs, getCachePuts());
    }

    @Override
    public float getAverageRemoveTime() {
        return averageUs(removeNs, getCacheRemovals());
    }

    private float percentage(long part) {
        long gets = getCacheGets();
        return gets == 0 ? 0 : part * 100f / gets;
    }

    private static float averageUs(LongAdder time, long count) {
        return count == 0 ? 0 : time.sum() / (float) count / TimeUnit.MICROSECONDS.toNanos(1);
    }
}
