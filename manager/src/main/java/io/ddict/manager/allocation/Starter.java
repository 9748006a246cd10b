package io.ddict.manager.allocation;

import java.util.List;

/** How a command is started on other machines. */
interface Starter {
    /**
     * Commands that, run here, run a command once on each of some machines, until their standard input
     * ends.
     *
     * @param hosts the machines, without this one; at least one
     */
    List<List<String>> everywhere(List<String> hosts, List<String> command);

    /** A command that, run here, runs a command on one machine, with this process's input and output. */
    List<String> on(String host, List<String> command);
}
