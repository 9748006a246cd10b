package io.ddict.manager.allocation;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Commands that run on other machines, until this is closed or this process ends. */
public final class StartedNodes implements AutoCloseable {
    /** Option of a command by which it is told to start itself on further machines too. */
    public static final String FURTHER_OPTION = "--further";

    private static final long END_TIMEOUT_S = 15;

    private final List<Process> processes = new ArrayList<>();

    private StartedNodes() {}

    /**
     * Starts a command on every machine of an allocation but the first. What it writes to standard
     * error is this process's.
     *
     * @param secret first line of its standard input
     */
    public static StartedNodes start(
            Allocation allocation, List<String> command, String secret) throws IOException {
        return start(allocation.onOthers(command), secret);
    }

    /** Starts a command on further machines, by ssh. */
    public static StartedNodes startFurther(
            List<String> hosts, List<String> command, String secret) throws IOException {
        return start(new SshStarter().everywhere(hosts, command), secret);
    }

    private static StartedNodes start(List<List<String>> commands, String secret)
            throws IOException {
        StartedNodes started = new StartedNodes();
        try {
            for (List<String> each : commands) {
                started.add(each, secret);
            }
            return started;
        } catch (IOException e) {
            started.close();
            throw e;
        }
    }

    private void add(List<String> command, String secret) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.INHERIT)
                .start();
        processes.add(process);
        OutputStream input = process.getOutputStream();
        try {
            input.write((secret + "\n").getBytes(StandardCharsets.US_ASCII));
            input.flush();
        } catch (IOException e) {
            // It has ended already, which is told where somebody waits for it.
        }
    }

    /** Throws if one of them has ended. */
    public void check() throws IOException {
        Optional<Process> ended = processes.stream().filter(each -> !each.isAlive()).findFirst();
        if (ended.isPresent()) {
            throw new IOException(
                    "node service on another machine ended: exitCode="
                            + ended.get().exitValue()
                            + ", command="
                            + ended.get().info().commandLine().orElse("unknown")
                            + "; its own message is above");
        }
    }

    /** Ends them, and waits until they have ended, 15 s at most. */
    @Override
    public void close() {
        for (Process each : processes) {
            closeQuietly(each.getOutputStream());
        }
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_TIMEOUT_S);
        for (Process each : processes) {
            awaitEnd(each, endNs);
        }
    }

    private static void awaitEnd(Process process, long endNs) {
        try {
            if (!process.waitFor(Math.max(0, endNs - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }

    private static void closeQuietly(OutputStream pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // Its other end is gone already.
        }
    }
}
