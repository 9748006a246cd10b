package io.ddict.bench.profile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench profile}: a flame graph of a running JVM, be it a client or a node service. */
@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes a flame graph of a running JVM, such as a client or a node service.")
public final class ProfileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PID", description = "The process.")
    private long pid;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "For how long (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--event",
            defaultValue = "cpu",
            converter = ProfileEvent.Converter.class,
            description = "cpu, alloc, lock or wall (default: ${DEFAULT-VALUE}).")
    private ProfileEvent event = ProfileEvent.CPU;

    @Option(
            names = "--output",
            required = true,
            description = "File: .html for a flame graph, .collapsed for folded stacks.")
    private Path output = Path.of("");

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (seconds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "time out of range: seconds=" + seconds);
        }
        try (Profiler profiler = Profiler.start(pid, event, output)) {
            TimeUnit.SECONDS.sleep(seconds);
            profiler.stop();
        }
        System.out.println("profile: file=" + output.toAbsolutePath());
        return 0;
    }
}
