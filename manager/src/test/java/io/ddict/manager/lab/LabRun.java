package io.ddict.manager.lab;

import java.util.List;

/**
 * What a command left behind that ran in a node.
 *
 * @param exitCode 128 and the signal's number if one ended it
 * @param output its output
 * @param errors its standard error
 */
public record LabRun(int exitCode, String output, String errors) {
    /** Whether it failed as the lease of a node was over. */
    boolean endedWithALease() {
        return exitCode != 0 && errors.contains("lease of the node is over");
    }

    /** The lines of its output. */
    public List<String> lines() {
        return output.lines().toList();
    }
}
