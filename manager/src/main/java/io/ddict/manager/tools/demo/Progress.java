package io.ddict.manager.tools.demo;

/** Is told how far the demo is, several times a second, on the thread that runs it. */
@FunctionalInterface
public interface Progress {
    /** For whoever does not want to know. */
    Progress NONE = (_, _, _) -> {
    };

    /**
     * So much of a step is done. Steps come in their order; only the last call for each has {@code
     * done} equal to {@code total}.
     */
    void reached(Step step, long done, long total);
}
