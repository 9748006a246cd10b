package io.ddict.manager.tools;

import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.NodeService;
import io.ddict.manager.allocation.Allocation;
import io.ddict.manager.tools.run.ForwardedSignals;
import io.ddict.manager.tools.run.HeadProgram;
import io.ddict.manager.tools.run.OtherNodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/*
 * This process is the node service of the program's node, so that hello world starts two JVMs and not
 * three, and so that whatever ends this command ends the service. The program is its child, with the same
 * terminal.
 */
@Command(
        name = "run",
        description = {
            "Runs a Java program, and a node service for it on each of its nodes: what the program creates"
                    + " and starts is in those, also by processes that it starts.",
            "The nodes are those of --hosts or --hostfile, else those of the Slurm or PBS job that this"
                    + " command is in, else this machine. The program runs on the first of them.",
            "Ends with the program, by its exit code, and leaves nothing behind. SIGINT, SIGTERM and"
                    + " SIGHUP go to the program."})
final class RunCommand implements Callable<Integer> {
    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "Name of the cluster; a new one unless given.")
    private @Nullable String cluster;

    @Option(
            names = {"-cp", "--class-path"},
            paramLabel = "PATH",
            description = "Where the program's classes are; the variable CLASSPATH, else the working"
                    + " directory, unless given. The libraries of DDict are added. Nodes that lack"
                    + " them are sent them.")
    private @Nullable String classPath;

    @Option(
            names = {"-J", "--jvm-option"},
            paramLabel = "OPTION",
            description = "Option of the program's JVM, such as -J-Xmx4g; may be repeated.")
    private List<String> jvmOptions = List.of();

    @Mixin
    private final HostOptions hosts = new HostOptions();

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not print the program's exit code, nor the nodes.")
    private boolean quiet;

    @Parameters(
            index = "0",
            paramLabel = "PROGRAM",
            description = "A jar that names its main class, a class with a main method, or bench or"
                    + " demo: these commands, on all nodes.")
    @SuppressWarnings("NullAway.Init")
    private String program;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "ARGUMENT",
            description = "Arguments of the program.")
    private List<String> arguments = List.of();

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Allocation allocation = hosts.choose();
        if (!allocation.isThisMachineOnly() && !quiet) {
            main.terminal().err().println("ddict: nodes: hosts="
                    + String.join(",", allocation.hosts()) + ", found by " + allocation.kind());
        }
        if (!allocation.beginsHere() && !OtherNodes.isMoved()) {
            // The program runs on the first of its nodes, and this command with it.
            return OtherNodes.moveTo(
                    allocation, HeadProgram.entriesHere(program, classPath));
        }
        Path directory = Path.of("").toAbsolutePath();
        if (!directory.equals(OtherNodes.calledIn()) && !quiet) {
            main.terminal().err()
                    .println("ddict: working directory is not on the program's machine:"
                            + " wanted=" + OtherNodes.calledIn() + ", used=" + directory);
        }
        HeadProgram head = HeadProgram.of(program, classPath, jvmOptions, arguments);
        String name = cluster != null ? cluster : "run-" + ProcessHandle.current().pid();
        // Before the service, whose constructor is the first thing to be undone.
        Path _ = RuntimeDirectory.ofCluster(name);
        int exitCode = run(head, name, allocation);
        if (!quiet) {
            main.terminal().err().println("ddict: head program ended: exitCode=" + exitCode);
        }
        return exitCode;
    }

    private static int run(HeadProgram head, String cluster, Allocation allocation)
            throws IOException, InterruptedException {
        try (NodeService service = OtherNodes.startFirst(allocation, cluster);
                OtherNodes others = OtherNodes.of(service);
                ForwardedSignals signals = new ForwardedSignals()) {
            others.start(allocation);
            Process process = head.start(Map.of(
                    NodeProcess.CLUSTER_VARIABLE, service.cluster(),
                    RuntimeDirectory.VARIABLE, RuntimeDirectory.parent()));
            signals.to(process);
            return process.waitFor();
        }
    }
}
