package io.ddict.bench.driver;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of every command: how long it takes, and where its report goes. */
final class ReportOptions {
    private final long startNs = System.nanoTime();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--quick", description = "Fewer figures, and shorter rounds.")
    private boolean quick;

    @Option(names = "--output", description = "Folder for the files of the report (default: none).")
    private @Nullable Path output;

    boolean isQuick() {
        return quick;
    }

    Optional<Path> output() {
        return Optional.ofNullable(output);
    }

    /** Machine, JDK, commit and the command line. */
    Map<String, String> facts() {
        Map<String, String> facts = Machine.describe();
        facts.put("arguments",
                String.join(" ", command.commandLine().getParseResult().originalArgs()));
        return facts;
    }

    double secondsSinceStart() {
        return (System.nanoTime() - startNs) / 1e9;
    }
}
