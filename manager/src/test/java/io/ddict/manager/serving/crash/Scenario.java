package io.ddict.manager.serving.crash;

/**
 * What a manager and its clients do.
 *
 * @param memoryLength of the pool, in bytes
 * @param base what is there before; not recorded
 * @param script what is recorded
 */
record Scenario(String name, long memoryLength, Play base, Play script) {
    Scenario(String name, Play base, Play script) {
        this(name, 4 << 20, base, script);
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
