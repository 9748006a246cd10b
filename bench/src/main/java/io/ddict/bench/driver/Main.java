package io.ddict.bench.driver;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.jmh.PartsCommand;
import io.ddict.bench.profile.ProfileCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code ddict bench} command. */
@Command(
        name = "ddict bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Measures DDict on this machine.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a run failed, or a store returned what was not put: its figures are worth nothing",
            "2:the command line is not allowed, or --check found a missed target"},
        subcommands = {
            GupsCommand.class,
            PeersCommand.class,
            LatencyCommand.class,
            LimitsCommand.class,
            ComputeCommand.class,
            DurabilityCommand.class,
            SpillCommand.class,
            PartsCommand.class,
            ProfileCommand.class})
public final class Main {
    private Main() {}

    /** Runs the command. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs the command; returns its exit status: 0, 1 after a failure, 2 for what is not allowed. */
    public static int run(String... arguments) {
        return new CommandLine(new Main())
                .setParameterExceptionHandler((refused, _) -> {
                    String name = refused.getCommandLine().getCommandSpec().qualifiedName();
                    System.err.println(
                            "ddict bench: " + refused.getMessage() + "; see " + name + " --help");
                    return 2;
                })
                .setExecutionExceptionHandler((thrown, _, _) -> {
                    if (thrown instanceof WrongContentException
                            || thrown instanceof IllegalStateException) {
                        System.err.println("run failed, its figures are worth nothing: "
                                + thrown.getMessage());
                        return 1;
                    }
                    throw thrown;
                })
                .execute(arguments);
    }
}
