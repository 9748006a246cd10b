package io.ddict.pool;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What somebody waits for who gave a pool tasks. Called by the pool's thread for results. */
interface PoolJob {
    /** Tasks from a place on are done. */
    void done(int first, List<@Nullable Object> results);

    /** Of so many tasks from a place on, one failed, or they were not done. */
    void failed(int first, int count, RuntimeException failure);
}
