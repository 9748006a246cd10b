package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process that a test started. */
final class ChildProcess {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int ERROR_LINES = 60;
    private static final String END = "\0end";

    private final String name;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Deque<String> errors = new ArrayDeque<>();
    private final Thread errorReader;

    private ChildProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.errorReader =
                Thread.ofPlatform().daemon().name(name + "-errors").start(this::readErrors);
    }

    /** Starts a process whose output is lines. */
    static ChildProcess start(String name, ProcessBuilder builder) {
        ChildProcess child = startBinary(name, builder);
        Thread.ofPlatform().daemon().name(name + "-output").start(child::readLines);
        return child;
    }

    /** Starts a process whose output is read by the test, from {@link #output}. */
    static ChildProcess startBinary(String name, ProcessBuilder builder) {
        try {
            return new ChildProcess(name, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    InputStream output() {
        return process.getInputStream();
    }

    /** Says a line to the process; nothing happens if it has ended. */
    void tell(String line) {
        try {
            OutputStream input = process.getOutputStream();
            input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            // It has ended: what the test makes of that shows elsewhere.
        }
    }

    /** Ends the process's standard input, which ends the process. */
    void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended already.
        }
    }

    /** The next line that it says; it must begin with a prefix. Returns what follows it. */
    String await(String prefix) {
        return await(prefix, TIMEOUT);
    }

    String await(String prefix, Duration timeout) {
        try {
            String line = lines.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (END.equals(line)) {
                lines.add(END);
                errorReader.join(timeout);
            }
            assertThat(line).as("line of %s, which has ended%s", name, errorText())
                    .isNotEqualTo(END);
            assertThat(line).as("line of %s%s", name, errorText()).isNotNull().startsWith(prefix);
            return line.substring(prefix.length());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends it by SIGKILL. What it has said can still be read, which is why this is the handle's. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Ends it by SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** Stops it by SIGSTOP; returns once it does not run. */
    void stop() {
        signal("-STOP");
        Await.until(TIMEOUT, () -> "stop of " + name, () -> !isAlive() || state() == 'T');
    }

    /** Lets it run again. */
    void resume() {
        signal("-CONT");
    }

    /** Waits for its end; returns its exit status. */
    int awaitEnd(Duration timeout) {
        try {
            boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            assertThat(ended).as("end of %s within %s%s", name, timeout, errorText()).isTrue();
            errorReader.join(timeout);
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    int awaitEnd() {
        return awaitEnd(TIMEOUT);
    }

    /** What it wrote to standard error last. */
    String errorText() {
        synchronized (errors) {
            return errors.isEmpty() ? "" : "\n" + String.join("\n", errors) + "\n";
        }
    }

    @Override
    public String toString() {
        return name + "(" + pid() + ")";
    }

    static void signal(long pid, String signal) {
        try {
            int status = new ProcessBuilder(List.of("kill", signal, Long.toString(pid)))
                    .redirectErrorStream(true)
                    .start()
                    .waitFor();
            assert status >= 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void signal(String signal) {
        signal(pid(), signal);
    }

    // The state letter stands behind the command's name in parentheses.
    private char state() {
        try {
            String stat = java.nio.file.Files
                    .readString(java.nio.file.Path.of("/proc/" + pid() + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return 'X';
        }
    }

    private void readLines() {
        try (BufferedReader reader = reader(process.getInputStream())) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // A killed process closes its pipe in whatever state.
        } finally {
            lines.add(END);
        }
    }

    private void readErrors() {
        try (BufferedReader reader = reader(process.getErrorStream())) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (errors) {
                    errors.addLast(line);
                    if (errors.size() > ERROR_LINES) {
                        errors.removeFirst();
                    }
                }
            }
        } catch (IOException e) {
            // As above.
        }
    }

    private static BufferedReader reader(InputStream stream) {
        return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    }
}
