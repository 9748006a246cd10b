package io.ddict.manager.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/*
 * The system's own client, so that the user's configuration, agent, jump hosts and tickets count. One
 * connection for each machine up to FLAT_MAX; with more, to the first of each of FAN_OUT groups, and that
 * machine goes on to the others of its group in the same way.
 */

/** Starts by {@code ssh}. */
final class SshStarter implements Starter {
    static final int FLAT_MAX = 32;
    static final int FAN_OUT = 16;

    private static final List<String> CLIENT =
            List.of("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10");

    @Override
    public List<List<String>> everywhere(List<String> hosts, List<String> command) {
        List<List<String>> commands = new ArrayList<>();
        for (List<String> group : groups(hosts)) {
            List<String> each = new ArrayList<>(command);
            if (group.size() > 1) {
                each.add(StartedNodes.FURTHER_OPTION);
                each.add(String.join(",", group.subList(1, group.size())));
            }
            commands.add(remote(group.getFirst(), each));
        }
        return commands;
    }

    /** Machines by who starts them: the first of each group, and through it the others. */
    static List<List<String>> groups(List<String> hosts) {
        int count = hosts.size() <= FLAT_MAX ? hosts.size() : FAN_OUT;
        List<List<String>> groups = new ArrayList<>();
        for (int group = 0; group < count; group++) {
            groups.add(
                    hosts.subList(
                            (int) ((long) group * hosts.size() / count),
                            (int) ((long) (group + 1) * hosts.size() / count)));
        }
        return groups;
    }

    // In the same folder; where it is not there, in one that is, as Slurm does.
    @Override
    public List<String> on(String host, List<String> command) {
        List<String> there = List.of("cd", System.getProperty("user.dir"));
        return shell(host, "{ " + quoted(there) + " 2> /dev/null || cd /tmp; } && exec "
                + quoted(command));
    }

    private static List<String> remote(String host, List<String> command) {
        return shell(host, "exec " + quoted(command));
    }

    private static List<String> shell(String host, String line) {
        List<String> client = new ArrayList<>(CLIENT);
        client.add(host);
        client.add(line);
        return client;
    }

    // The other side's shell takes the line apart again.
    private static String quoted(List<String> command) {
        return command.stream()
                .map(each -> "'" + each.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}
