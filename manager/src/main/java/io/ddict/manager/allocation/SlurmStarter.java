package io.ddict.manager.allocation;

import java.util.ArrayList;
import java.util.List;

/*
 * One step for all machines. Slurm's own habits are switched off one by one: a step shares the CPUs of the
 * allocation with others (without --overlap it waits until they have ended), there is one task on each
 * machine whatever the job says, no task is bound to CPUs, and the loss of one task or machine does not end
 * the others, which is for the control group to see.
 */

/** Starts by {@code srun}, within the job that this process is part of. */
final class SlurmStarter implements Starter {
    private static final List<String> STEP =
            List.of(
                    "srun",
                    "--overlap",
                    "--ntasks-per-node=1",
                    "--cpu-bind=none",
                    "--mpi=none",
                    "--kill-on-bad-exit=0",
                    "--no-kill",
                    "--quit-on-interrupt");

    @Override
    public List<List<String>> everywhere(List<String> hosts, List<String> command) {
        return List.of(step(hosts, command));
    }

    @Override
    public List<String> on(String host, List<String> command) {
        return step(List.of(host), command);
    }

    private static List<String> step(List<String> hosts, List<String> command) {
        List<String> step = new ArrayList<>(STEP);
        step.add("--nodes=" + hosts.size());
        step.add("--ntasks=" + hosts.size());
        step.add("--nodelist=" + String.join(",", hosts));
        step.addAll(command);
        return step;
    }
}
