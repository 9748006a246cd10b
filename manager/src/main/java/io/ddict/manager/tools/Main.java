package io.ddict.manager.tools;

import io.ddict.manager.tools.demo.StageFailedException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code ddict} command. */
@Command(
        name = "ddict",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "A dictionary spread over the memory of many processes.",
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the key is absent, violations were found, or a check failed",
            "2:the command line, or a value on it, is not allowed",
            "3:no such cluster or dictionary",
            "4:the dictionary is full",
            "5:no answer in time; the outcome of a write is unknown",
            "6:the node service ended; the outcome of a write is unknown",
            "70:any other failure"},
        subcommands = {
            RunCommand.class,
            NodeCommand.class,
            StartCommand.class,
            StopCommand.class,
            StatusCommand.class,
            PutCommand.class,
            GetCommand.class,
            RemoveCommand.class,
            ScanCommand.class,
            ForgetCommand.class,
            FreezeCommand.class,
            UnfreezeCommand.class,
            StatCommand.class,
            TopCommand.class,
            InspectCommand.class,
            DumpCommand.class,
            VerifyCommand.class,
            DoctorCommand.class,
            DemoCommand.class,
            GenerateCompletion.class})
public final class Main {
    private final Terminal terminal;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Show the stack trace of an error.")
    private boolean verbose;

    private Main(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine(Terminal.ofProcess()).execute(arguments));
    }

    /** The command over any input and output. */
    static CommandLine commandLine(Terminal terminal) {
        CommandLine made = new CommandLine(new Main(terminal))
                .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler((refused, _) -> refuse(refused))
                .setExecutionExceptionHandler((thrown, command, _) -> fail(thrown, command))
                .setExitCodeExceptionMapper(ExitCodes::of);
        // What follows the program's name is the program's.
        for (CommandLine each : made.getSubcommands().values()) {
            boolean takesProgram = each.getCommandSpec().userObject() instanceof RunCommand;
            CommandLine _ = each.setStopAtPositional(takesProgram);
        }
        return made;
    }

    Terminal terminal() {
        return terminal;
    }

    private static int refuse(ParameterException refused) {
        CommandLine command = refused.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String text = oneLine(refused.getMessage(), "command line refused");
        command.getErr()
                .println("ddict: " + text + suggestions(refused) + "; see " + name + " --help");
        return ExitCodes.USAGE;
    }

    private static int fail(Exception thrown, CommandLine command) {
        Main main = (Main) command.getCommandSpec().root().userObject();
        PrintWriter err = command.getErr();
        err.println("ddict: " + oneLine(thrown.getMessage(), thrown.getClass().getName()));
        if (thrown instanceof StageFailedException failed) {
            failed.output().lines().forEach(line -> err.println("  | " + line));
        }
        if (main.verbose) {
            thrown.printStackTrace(err);
        }
        return ExitCodes.of(thrown);
    }

    private static String suggestions(ParameterException refused) {
        return refused instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()
                        ? "; did you mean " + String.join(", ", unmatched.getSuggestions()) + "?"
                        : "";
    }

    /** A text whose first letter is small and which has no line break, as others follow "ddict: ". */
    private static String oneLine(@Nullable String text, String otherwise) {
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        String line = text.strip().replaceAll("\\R+", "; ");
        return line.substring(0, 1).toLowerCase(Locale.ROOT) + line.substring(1);
    }
}
