package io.ddict.manager.tools;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "doctor",
        description = {
            "Checks this machine and the clusters of this user, and says what to do.",
            "Changes nothing, and asks no manager. Ends with 1 if a check failed."})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    /** What {@code --json} prints. */
    record Diagnosis(boolean ok, List<Finding> checks) {}

    /** A check as {@code --json} prints it. */
    record Finding(String subject, String state, String text, String advice) {
        static Finding of(Check check) {
            return new Finding(
                    check.subject(), check.state().toString(), check.text(), check.advice());
        }
    }

    @Override
    public Integer call() throws IOException {
        List<Check> checks = new ArrayList<>(MachineChecks.all());
        checks.addAll(new ClusterChecks().all());
        boolean ok = checks.stream().noneMatch(Check::isFailed);
        if (json) {
            Json.print(main.terminal().out(),
                    new Diagnosis(ok, checks.stream().map(Finding::of).toList()));
        } else {
            checks.forEach(check -> main.terminal().out().println(check.line()));
        }
        return ok ? ExitCodes.OK : ExitCodes.NEGATIVE;
    }
}
