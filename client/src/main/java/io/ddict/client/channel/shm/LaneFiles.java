package io.ddict.client.channel.shm;

import io.ddict.store.pool.Lane;
import io.ddict.store.pool.MappedPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The lanes of one shard that this process has mapped. Safe from any thread. */
final class LaneFiles {
    private static final int MAPPED_MAX = 4;

    private final MappedPool pool;
    private final Map<Integer, Lane> mapped = new ConcurrentHashMap<>();

    LaneFiles(MappedPool pool) {
        this.pool = pool;
    }

    /** The lane of an id; null if it is gone. It stays mapped for whoever has it. */
    @Nullable Lane of(int id) {
        Lane known = mapped.get(id);
        if (known != null) {
            return known;
        }
        if (mapped.size() >= MAPPED_MAX) {
            // They are over, but for one or two.
            mapped.clear();
        }
        try {
            // Unmapped when nobody has it any more: threads may be reading in it.
            Lane lane = pool.openLane(id, Arena.ofAuto());
            mapped.put(id, lane);
            return lane;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
