package io.ddict.client.channel.shm;

import io.ddict.client.DDictStats;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a manager tells in its files, for statistics: read without asking it. */
public final class PoolFigures {
    private PoolFigures() {}

    /**
     * Reads a pool that this process has not attached to.
     *
     * @throws io.ddict.store.pool.PoolDamagedException if a file is missing, or not what it should be
     */
    public static DDictStats.Manager read(int manager, Path directory) {
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            return of(manager, pool);
        }
    }

    /** Reads a pool that is mapped. */
    static DDictStats.Manager of(int manager, MappedPool pool) {
        PoolStatus status = pool.status();
        // First: the other way round more could seem applied than was posted.
        long applied = status.applied();
        long oldest = status.oldest();
        long state = status.state();
        TimesSum times = times(pool);
        return new DDictStats.Manager(
                manager,
                status.entryCount(),
                pool.geometry().keysMax(),
                pool.geometry().dataLength(),
                status.counter(PoolCounter.USED_BYTES),
                status.counter(PoolCounter.FREE_BYTES),
                status.counter(PoolCounter.LARGEST_FREE_BYTES),
                Math.max(applied, pool.ring().tail()),
                applied,
                oldest,
                status.newest(),
                pool.geometry().workingSet().size(),
                PoolStatus.isFrozen(status.freezeEpoch()),
                (state & PoolStatus.STATE_LOST) != 0,
                // One clock for all processes of the machine.
                Math.max(0, System.nanoTime() - status.heartbeatNs()),
                times.of(CallKind.READ),
                times.of(CallKind.WRITE),
                times.of(CallKind.REQUEST),
                counters(status));
    }

    // A link that ends between the two is counted by neither, or by both: it is a moment's figure.
    private static TimesSum times(MappedPool pool) {
        TimesSum times = new TimesSum();
        times.add(pool.status().endedTimes());
        try {
            pool.forEachTimes(times::add);
            return times;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Long> counters(PoolStatus status) {
        Map<String, Long> counters = new LinkedHashMap<>();
        for (PoolCounter counter : PoolCounter.values()) {
            counters.put(
                    counter.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    status.counter(counter));
        }
        return counters;
    }
}
