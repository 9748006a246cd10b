package io.ddict.manager.tools;

import io.ddict.client.ByteSize;
import io.ddict.manager.tools.demo.Demo;
import io.ddict.manager.tools.demo.DemoReport;
import io.ddict.manager.tools.demo.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "demo",
        description = {
            "Shows processes that exchange real files through a dictionary of their own.",
            "The processes of the first stage read the files into it; those of the second take"
                    + " them from there and write back which words are where; then questions"
                    + " are answered. No cluster has to run, and nothing is left behind.",
            "ddict run --hosts a,b,c demo does it on all nodes of a run."})
final class DemoCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "Folder or zip archive with the files; unless given, the sources of the"
                    + " JDK.")
    private @Nullable Path source;

    @Option(
            names = "--processes",
            paramLabel = "N",
            description = "Processes of each stage on each node; ${DEFAULT-VALUE} unless given.")
    private int processes = 2;

    @Option(
            names = "--managers",
            paramLabel = "N",
            description = "Managers of the dictionary on each node; ${DEFAULT-VALUE} unless given.")
    private int managers = 1;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = ByteSizeConverter.class,
            description = "Memory of the dictionary, such as 512m or 4g; unless given, what the"
                    + " files are likely to need.")
    private @Nullable ByteSize memory;

    @Option(
            names = "--query",
            paramLabel = "\"WORD WORD\"",
            description = "Ask for the files that contain both words; may be given several times.")
    private List<String> queries = List.of();

    @Option(names = "--json", description = "Print JSON, and no progress.")
    private boolean json;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path files = source == null ? sourceOfJdk() : source;
        Demo.Settings settings = new Demo.Settings(files, processes, managers, memory,
                queries.stream().map(query -> List.of(query.strip().split("\\s+"))).toList());
        PrintStream out = main.terminal().out();
        DemoReport report = run(settings);
        if (json) {
            Json.print(out, report);
        } else {
            new DemoText(report).print(out);
        }
        return ExitCodes.OK;
    }

    private DemoReport run(Demo.Settings settings) throws IOException, InterruptedException {
        if (json) {
            return new Demo(settings, Progress.NONE).run();
        }
        PrintStream err = main.terminal().err();
        if (!main.terminal().interactive()) {
            return new Demo(settings, new ProgressLines(err)).run();
        }
        try (ProgressBars bars = new ProgressBars(err)) {
            return new Demo(settings, bars).run();
        }
    }

    private static Path sourceOfJdk() {
        Path sources = Demo.sourceOfJdk();
        if (!Files.isReadable(sources)) {
            throw new IllegalArgumentException("this JDK comes without its sources: give a folder,"
                    + " as in ddict demo DIR: missing=" + sources);
        }
        return sources;
    }
}
