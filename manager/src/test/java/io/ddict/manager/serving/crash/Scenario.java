package io.ddict.manager.serving.crash;

/**
 * What a manager and its clients do.
 *
 * @param base what is there before; not recorded
 * @param script what is recorded
 */
record Scenario(String name, Play base, Play script) {
    @Override
    public String toString() {
        return name;
    }

    /** A part of it. */
    interface Play {
        void play(RecordedRun run);
    }
}
