package io.ddict.pool;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.ProcessEntry;
import io.ddict.client.protocol.ProcessOrder.End;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A process that a node service started. Safe from any thread.
 *
 * <p>It ends with the program that started it: two seconds after that has ended, however, at the latest.
 * What it leaves running in its session ends with it.
 */
@SuppressWarnings("AvoidCommonTypeNames") // The field's own word.
public final class Process {
    /** What tells it to end, and may be refused. */
    public static final int SIGTERM = 15;
    /** What ends it. */
    public static final int SIGKILL = 9;
    /** What Ctrl-C sends. */
    public static final int SIGINT = 2;

    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final int OUTPUT = 0;
    private static final int ERRORS = 1;
    private static final int STREAMS = 2;

    private final Processes processes;
    private final long key;
    private final @Nullable ProcessOutput[] outputs = new ProcessOutput[STREAMS];
    private final int[] credits = new int[STREAMS];
    private final boolean hasInput;
    private final boolean isPrinted;
    private final CompletableFuture<ProcessEnd> end = new CompletableFuture<>();
    private @Nullable ProcessEntry entry;
    private @Nullable PipedInput input;

    Process(
            Processes processes, long key, @Nullable ProcessTemplate template) {
        this.processes = processes;
        this.key = key;
        hasInput = template != null && template.input().end() == End.PIPE;
        if (template != null) {
            outputs[OUTPUT] = output(OUTPUT, template.output(), template.label());
            outputs[ERRORS] = output(ERRORS, template.errors(), template.label());
        }
        isPrinted = outputs[OUTPUT] instanceof LauncherOutput
                || outputs[ERRORS] instanceof LauncherOutput;
    }

    private @Nullable ProcessOutput output(int stream, Redirect redirect, String label) {
        return switch (redirect.end()) {
            case LAUNCHER -> new LauncherOutput(
                    stream == ERRORS, label, bytes -> credit(stream, bytes));
            case PIPE -> new PipedOutput(bytes -> credit(stream, bytes));
            default -> null;
        };
    }

    /** Starts a process in this program's system; see {@link System#start(ProcessTemplate)}. */
    public static Process start(ProcessTemplate template) {
        return System.current().start(template);
    }

    /** The same with a policy that goes before the template's. */
    public static Process start(ProcessTemplate template, Policy policy) {
        return System.current().start(template, policy);
    }

    /** Finds a process of this program's system; see {@link System#find}. */
    public static Optional<Process> find(String name) {
        return System.current().find(name);
    }

    /** Processes of this program's system; see {@link System#processes}. */
    public static List<Process> list() {
        return System.current().processes();
    }

    /** Its name, given or generated. */
    public String name() {
        return entry().name();
    }

    /** Its number in the operating system. */
    public long processId() {
        return entry().processId();
    }

    /** Name of the host that it runs on. */
    public String host() {
        return entry().host();
    }

    /** The executable and its arguments. */
    public List<String> command() {
        return entry().command();
    }

    /** Whether it runs, as far as this program has been told. */
    public boolean isAlive() {
        return !end.isDone();
    }

    /** Its exit code: 128 and the signal's number if one ended it; empty while it runs. */
    public OptionalInt exitCode() {
        ProcessEnd how = endNow();
        return how == null ? OptionalInt.empty() : OptionalInt.of(how.exitCode());
    }

    /**
     * The signal that ended it; empty if none did. A process that ends by itself with a code from 129 to
     * 192 looks the same, and Java programs do so at SIGTERM and SIGINT.
     */
    public OptionalInt exitSignal() {
        ProcessEnd how = endNow();
        return how == null || how.signal() == 0
                ? OptionalInt.empty()
                : OptionalInt.of(how.signal());
    }

    private @Nullable ProcessEnd endNow() {
        return end.isDone() && !end.isCompletedExceptionally() ? end.join() : null;
    }

    /** Waits for its end, however long; see {@link #join(Duration)}. */
    public int join() {
        return join(FOR_EVER);
    }

    /**
     * Waits for its end, and returns its exit code. What it wrote has appeared in this program's output by
     * then, if it was to.
     *
     * @throws DDictTimeoutException if it still runs
     * @throws ProcessFailedException if its main method or task threw something
     * @throws ManagerLostException if the node service ended
     */
    public int join(Duration timeout) {
        ProcessEnd how = await(timeout);
        RemoteFailure failure = Report.failure(how.report());
        if (failure != null) {
            throw new ProcessFailedException(
                    "process failed: process=" + this + ", exitCode=" + how.exitCode()
                            + ", thrown=" + failure.getMessage(),
                    how.exitCode(),
                    failure);
        }
        return how.exitCode();
    }

    /**
     * Waits for its end, and returns what its task computed.
     *
     * @throws ProcessFailedException if there is no result, as it failed, was ended, or is no task
     */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Whoever asks knows the task.
    public <T> @Nullable T result(Duration timeout) {
        int exitCode = join(timeout);
        byte[] report = await(timeout).report();
        if (!Report.hasResult(report)) {
            throw new ProcessFailedException(
                    "process ended without a result: process=" + this + ", exitCode=" + exitCode,
                    exitCode,
                    null);
        }
        try {
            return (T) Report.result(report);
        } catch (IOException | ClassNotFoundException e) {
            throw new ProcessFailedException(
                    "result of a process cannot be read: process=" + this + ", cause=" + e,
                    exitCode,
                    e);
        }
    }

    /** Waits for its end, whatever that is like; for groups. */
    ProcessEnd await(Duration timeout) {
        try {
            return end.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new DDictTimeoutException(
                    "process still runs: process=" + this + ", timeout=" + timeout.toMillis()
                            + "ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ManagerLostException lost
                    ? new ManagerLostException(String.valueOf(lost.getMessage()))
                    : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictTimeoutException("interrupted: process=" + this);
        }
    }

    /** Asks it to end, by SIGTERM; false if it has ended. */
    public boolean terminate() {
        return signal(SIGTERM);
    }

    /** Ends it and what it started, by SIGKILL; false if it has ended. */
    public boolean kill() {
        return signal(SIGKILL);
    }

    /**
     * Sends it a signal; false if it has ended.
     *
     * @param signal its number, from 1 to 64
     * @throws IllegalArgumentException if there is no such signal
     */
    public boolean signal(int signal) {
        try (DataInputStream answer = processes.connection().call(Request.PROCESS_SIGNAL, out -> {
            out.writeLong(entry().number());
            out.writeInt(signal);
        })) {
            return answer.readBoolean();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What writes to its standard input. A write blocks while the process does not read.
     *
     * @throws IllegalStateException if that is not {@link Redirect#PIPE}, or another program started it
     */
    public synchronized OutputStream stdin() {
        if (!hasInput) {
            throw noPipe("stdin");
        }
        PipedInput known = input;
        if (known == null) {
            known = new PipedInput(this::write);
            input = known;
        }
        return known;
    }

    /** What reads its standard output; see {@link #stdin} for what is thrown. */
    public InputStream stdout() {
        return piped(OUTPUT, "stdout");
    }

    /** What reads its standard error; see {@link #stdin} for what is thrown. */
    public InputStream stderr() {
        return piped(ERRORS, "stderr");
    }

    private InputStream piped(int stream, String name) {
        if (outputs[stream] instanceof PipedOutput pipe) {
            return pipe;
        }
        throw noPipe(name);
    }

    private IllegalStateException noPipe(String stream) {
        return new IllegalStateException(
                "stream is no pipe of this program's: stream=" + stream + ", process=" + this
                        + "; give the template " + stream + "(Redirect.PIPE)");
    }

    private void write(byte[] bytes) throws IOException {
        try (DataInputStream answer = processes.connection()
                .call(Request.PROCESS_INPUT, FOR_EVER, out -> {
                    out.writeLong(entry().number());
                    Fields.writeBytes(out, bytes);
                })) {
            assert answer.available() == 0;
        } catch (DDictException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** The service has started it. */
    synchronized void started(ProcessEntry started) {
        entry = started;
        for (int stream = 0; stream < STREAMS; stream++) {
            sendCredit(stream);
        }
    }

    // What is printed before the start was answered can be acknowledged only afterwards.
    private synchronized void credit(int stream, int bytes) {
        credits[stream] += bytes;
        if (entry != null) {
            sendCredit(stream);
        }
    }

    private void sendCredit(int stream) {
        int bytes = credits[stream];
        if (bytes > 0) {
            credits[stream] = 0;
            long number = entry().number();
            processes.connection().tell(Request.PROCESS_CREDIT, out -> {
                out.writeLong(number);
                out.writeByte(stream);
                out.writeInt(bytes);
            });
        }
    }

    /** It wrote something, or a stream has ended if there are no bytes. */
    void wrote(int stream, byte[] piece) {
        ProcessOutput taker = outputs[stream];
        if (taker != null && piece.length > 0) {
            taker.take(piece);
        } else if (taker != null) {
            taker.end();
        }
    }

    /** It has ended; pieces of what it wrote to a pipe may still come. */
    void ended(ProcessEnd how) {
        if (outputs[OUTPUT] == null && outputs[ERRORS] == null) {
            processes.forget(key);
        }
        if (isPrinted) {
            LauncherOutput.afterAll(() -> end.complete(how));
        } else {
            end.complete(how);
        }
    }

    /** The service has ended. */
    void lost(ManagerLostException error) {
        for (ProcessOutput each : outputs) {
            if (each != null) {
                each.lost();
            }
        }
        end.completeExceptionally(error);
    }

    private synchronized ProcessEntry entry() {
        ProcessEntry known = entry;
        if (known == null) {
            throw new IllegalStateException("process is being started");
        }
        return known;
    }

    @Override
    public synchronized String toString() {
        return entry == null ? "being started" : entry.name() + "(" + entry.processId() + ")";
    }
}
