package io.ddict.manager.simulation;

import java.nio.file.Path;

/** What {@link SimulatedClasses} makes, as its callers see it. One thread. */
public interface Simulation {
    /**
     * Runs one schedule to its end.
     *
     * @param directory in shared memory, empty, and empty again in the end
     */
    Outcome run(long seed, Path directory) throws Exception;
}
