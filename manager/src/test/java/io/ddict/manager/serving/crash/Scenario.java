package io.ddict.manager.serving.crash;

import io.ddict.store.pool.WorkingSet;

/**
 * What a manager and its clients do.
 *
 * @param memoryLength of the pool, in bytes
 * @param workingSet how many checkpoints the pool holds
 * @param base what is there before; not recorded
 * @param script what is recorded
 */
record Scenario(
        String name, long memoryLength, WorkingSet workingSet, Play base, Play script) {
    Scenario(String name, Play base, Play script) {
        this(name, 4 << 20, base, script);
    }

    Scenario(String name, long memoryLength, Play base, Play script) {
        this(name, memoryLength, WorkingSet.SINGLE, base, script);
    }

    /** One of a pool that holds several checkpoints. */
    static Scenario withCheckpoints(String name, int workingSetSize, Play base, Play script) {
        return new Scenario(
                "W=" + workingSetSize + ": " + name,
                4 << 20,
                new WorkingSet(workingSetSize, false, false),
                base,
                script);
    }

    @Override
    public String toString() {
        return name;
    }

    /** A part of it. */
    interface Play {
        void play(RecordedRun run);
    }
}
