package io.ddict.manager.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/*
 * The lab ends with the standard input of the process that made it, and so with this process, however
 * that ends. All else are calls of the script.
 */

/**
 * Nodes n1, n2, ... and a controller, ctl, on this machine, made by {@code .ci/lab}, whose head says
 * what each call does. Where it cannot work the test that calls is skipped, with the reason. Calls
 * block until what they ask for is so, for at most a minute; they are safe from any thread.
 *
 * <p>All nodes see this machine's files but for /tmp, /run and /dev/shm, which are their own.
 */
public final class Lab implements AutoCloseable {
    /** The controller of Slurm, and a place that is none of the nodes. */
    public static final String CONTROLLER = "ctl";

    // But for the repository, should that be below /tmp. The brackets keep pgrep from finding the shell.
    private static final String LEFTOVERS =
            "find /dev/shm /tmp -path \"$1\" -prune -o -type f -not -name sweep.lock"
                    + " -not -path '*/hsperfdata_*' -print; pgrep -fl '[i]o.ddict' || true";
    private static final int CANNOT_WORK = 77;
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;
    private final Process holder;

    private Lab(String name, Process holder) {
        this.name = name;
        this.holder = holder;
    }

    /** Makes a lab of so many nodes, beside all others. */
    public static Lab up(int nodes) {
        return up(nodes, "512m");
    }

    /** Makes a lab whose nodes have so much shared memory each, such as {@code 64m}. */
    public static Lab up(int nodes, String sharedMemory) {
        String name = "it-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        Process holder = start(script(
                name, "up", Integer.toString(nodes), "--shm", sharedMemory, "--hold")
                .redirectErrorStream(true));
        Lab lab = new Lab(name, holder);
        try {
            lab.awaitUp();
        } catch (Throwable e) {
            holder.destroy();
            throw e;
        }
        return lab;
    }

    /** Starts an SSH server in each node. */
    public Lab sshd() {
        return call("sshd");
    }

    /** Starts Slurm, and its queue of jobs that look like those of PBS. */
    public Lab slurm() {
        return call("slurm");
    }

    /** Skips the test unless parts of the lab can work: ssh, slurm, pbs or delay. */
    public Lab assume(String... parts) {
        List<String> arguments = new ArrayList<>(List.of("check"));
        arguments.addAll(List.of(parts));
        return call(arguments.toArray(String[]::new));
    }

    /** The lab's name, by which {@code DDICT_LAB} finds it. */
    public String name() {
        return name;
    }

    /** Names of the nodes, without the controller. */
    public List<String> nodes() {
        return output("nodes").lines().toList();
    }

    /** The address of a node. */
    public String address(String node) {
        return output("address", node).strip();
    }

    /** A folder that all nodes see, and this process too; it ends with the lab. */
    public Path folder() {
        return Path.of(output("folder").strip());
    }

    /**
     * Runs a command in a node until its end, with an empty input. One that fails as a node had no turn for
     * as long as its lease, which all nodes of the lab on two cores may have, runs again.
     */
    public LabRun run(String node, String... command) {
        LabRun run = run(builder(node, command));
        for (int again = 0; again < 2 && run.endedWithALease(); again++) {
            System.out.println("lab: runs again: " + run);
            run = run(builder(node, command));
        }
        return run;
    }

    /** Runs a command in a node that must succeed; returns its output. */
    public String succeed(String node, String... command) {
        LabRun run = run(node, command);
        assertThat(run.exitCode()).as("%s on %s: %s", List.of(command), node, run).isZero();
        return run.output();
    }

    /**
     * What starts a command in a node. The process that it starts passes on SIGTERM, SIGINT and
     * SIGHUP, ends with the command's exit code, and takes the command along if it is killed.
     */
    public ProcessBuilder builder(String node, String... command) {
        List<String> arguments = new ArrayList<>(List.of("run", node));
        arguments.addAll(List.of(command));
        return script(name, arguments.toArray(String[]::new));
    }

    /** Drops all packets between two nodes. */
    public Lab cut(String a, String b) {
        return call("cut", a, b);
    }

    /** Drops packets from one node to another, but not those that answer. */
    public Lab cutOneWay(String from, String to) {
        return call("cut-oneway", from, to);
    }

    /** Drops all packets from and to a node. */
    public Lab isolate(String node) {
        return call("isolate", node);
    }

    /** Drops so many of the packets from a node, and of those to it. */
    public Lab loss(String node, int percent) {
        return call("loss", node, Integer.toString(percent));
    }

    /** Delays packets from a node, and those to it: whoever asks it waits twice as long. */
    public Lab delay(String node, Duration delay) {
        return call("delay", node, Long.toString(delay.toMillis()));
    }

    /** Limits what comes from a node, and what goes to it, to so many Mbit/s. */
    public Lab rate(String node, int megabits) {
        return call("rate", node, Integer.toString(megabits));
    }

    /** Ends all TCP connections between two nodes, on both sides. */
    public Lab reset(String a, String b) {
        return call("reset", a, b);
    }

    /** Takes out a node's cable, as the node notices. */
    public Lab unplug(String node) {
        return call("unplug", node);
    }

    /** Puts a node's cable in. */
    public Lab plug(String node) {
        return call("plug", node);
    }

    /** Ends all faults of the network. */
    public Lab heal() {
        return call("heal");
    }

    /** Ends a node as a power failure does. */
    public Lab kill(String node) {
        return call("kill", node);
    }

    /** Starts a node that was killed, with the lab's services. */
    public Lab boot(String node) {
        return call("boot", node);
    }

    /** What DDict has left on nodes: files in shared memory or temporary ones, and processes; a line each. */
    public List<String> leftovers() {
        String repository = repository().toString();
        return nodes().stream()
                .flatMap(node -> succeed(node, "sh", "-c", LEFTOVERS, "sh", repository).lines()
                        .map(line -> node + ": " + line))
                .toList();
    }

    /** Ends the lab and all that runs in its nodes; may be called twice. */
    @Override
    public void close() {
        try {
            holder.getOutputStream().close();
            if (!holder.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                holder.destroy();
                fail("lab does not end: name=" + name + ", timeout=" + TIMEOUT);
            }
            assertThat(holder.exitValue()).as("end of lab %s", name).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // What it says before it is up are its errors.
    private void awaitUp() {
        StringBuilder errors = new StringBuilder();
        BufferedReader reader = holder.inputReader(UTF_8);
        CompletableFuture<Boolean> isUp = CompletableFuture.supplyAsync(() -> {
            for (Optional<String> line = line(reader); line.isPresent(); line = line(reader)) {
                if (line.get().equals("up")) {
                    return true;
                }
                errors.append(line.get()).append('\n');
            }
            return false;
        });
        try {
            if (!isUp.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                refuse(holder.waitFor(), errors.toString(), "up");
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new AssertionError("lab is not up: name=" + name, e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<String> line(BufferedReader reader) {
        try {
            return Optional.ofNullable(reader.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Lab call(String... arguments) {
        String output = output(arguments);
        assertThat(output).isEmpty();
        return this;
    }

    private String output(String... arguments) {
        LabRun run = run(script(name, arguments));
        if (run.exitCode() != 0) {
            refuse(run.exitCode(), run.errors(), String.join(" ", arguments));
        }
        return run.output();
    }

    static void refuse(int exitCode, String errors, String call) {
        Assumptions.assumeFalse(exitCode == CANNOT_WORK, errors.strip());
        fail("lab failed: call=" + call + ", exitCode=" + exitCode + "\n" + errors);
    }

    /** Runs a process until its end, whoever else has its output. */
    static LabRun run(ProcessBuilder builder) {
        Path output = temporaryFile();
        Path errors = temporaryFile();
        try {
            Process process = start(builder.redirectOutput(output.toFile())
                    .redirectError(errors.toFile()));
            process.getOutputStream().close();
            if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                fail("no end: command=" + builder.command() + ", timeout=" + TIMEOUT + "\n"
                        + Files.readString(errors));
            }
            return new LabRun(
                    process.exitValue(), Files.readString(output), Files.readString(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            delete(output);
            delete(errors);
        }
    }

    private static ProcessBuilder script(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(scriptFile().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("DDICT_LAB", name);
        builder.environment().put("LC_ALL", "C.UTF-8");
        return builder;
    }

    /** The script, in the repository of the module whose tests run. */
    static Path scriptFile() {
        return repository().resolve(".ci/lab");
    }

    private static Path repository() {
        return Path.of(System.getProperty("basedir", ".")).toAbsolutePath().resolve("..")
                .normalize();
    }

    private static Process start(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporaryFile() {
        try {
            return Files.createTempFile("ddict-lab-", null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
