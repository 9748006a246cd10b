package io.ddict.manager.launch;

import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.ProcessEntry;
import io.ddict.client.protocol.ProcessOrder;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A process that this service started. Safe from any thread. */
final class LaunchedProcess {
    static final int OUTPUT = 0;
    static final int ERRORS = 1;

    // What a process wrote is shown before its end is told, but not if others keep its output open.
    private static final long OUTPUT_TIMEOUT_MS = 500;

    // What the kernel leaves of it.
    private static final int EXIT_CODE_MASK = 0xff;

    private final long number;
    private final String name;
    private final String host;
    private final ProcessOrder order;
    private final Process process;
    private final boolean ownsGroup;
    private final List<Watcher> watchers = new ArrayList<>();
    private final @Nullable OutputPump output;
    private final @Nullable OutputPump errors;
    private @Nullable ExecutorService inputThread;
    private byte[] report = {};
    private @Nullable Integer abortCode;
    private @Nullable Consumer<ProcessEnd> listener;
    private @Nullable ProcessEnd end;

    LaunchedProcess(
            long number, String name, String host, ProcessOrder order, Process process,
            boolean ownsGroup, ProcessSession owner) {
        this.number = number;
        this.name = name;
        this.host = host;
        this.order = order;
        this.process = process;
        this.ownsGroup = ownsGroup;
        watchers.add(new Watcher(owner, order.key()));
        output = order.output().isPassedOn() ? pump(OUTPUT, owner) : null;
        errors = order.errors().isPassedOn() ? pump(ERRORS, owner) : null;
    }

    private OutputPump pump(int stream, ProcessSession owner) {
        return OutputPump.start(
                "ddict-output-" + number + "-" + stream,
                stream == OUTPUT ? process.getInputStream() : process.getErrorStream(),
                (piece, length) -> owner.pushOutput(order.key(), stream, piece, length));
    }

    long number() {
        return number;
    }

    String name() {
        return name;
    }

    ProcessOrder order() {
        return order;
    }

    synchronized ProcessEntry entry() {
        return new ProcessEntry(number, name, process.pid(), host, order.command(), end);
    }

    synchronized boolean isAlive() {
        return end == null;
    }

    /** Whether it has ended, and nothing that it wrote is on its way any more. */
    boolean isOver() {
        return !isAlive() && hasEnded(output) && hasEnded(errors);
    }

    private static boolean hasEnded(@Nullable OutputPump pump) {
        return pump == null || pump.hasEnded();
    }

    /** What its end was, if it is over; else the watcher will be told. */
    synchronized ProcessEntry watch(Watcher watcher) {
        if (end == null) {
            watchers.add(watcher);
        }
        return entry();
    }

    synchronized void forget(ProcessSession session) {
        watchers.removeIf(each -> each.session() == session);
    }

    /** Takes what the process says of its own end. */
    synchronized void report(byte[] text) {
        report = text;
    }

    /** Sends a signal; false if it has ended. */
    boolean signal(int signal) {
        if (!process.isAlive()) {
            return false;
        }
        if (signal == Kernel.SIGTERM) {
            process.destroy();
        } else if (signal == Kernel.SIGKILL) {
            killAll();
        } else {
            boolean _ = Kernel.kill(process.pid(), signal);
        }
        return true;
    }

    private void killAll() {
        if (ownsGroup) {
            boolean _ = Kernel.kill(-process.pid(), Kernel.SIGKILL);
        }
        var _ = process.destroyForcibly();
    }

    /** Ends it and what it started, as if by an exit code of its own. */
    void abort(int exitCode) {
        synchronized (this) {
            abortCode = exitCode & EXIT_CODE_MASK;
        }
        if (process.isAlive()) {
            killAll();
        }
    }

    /** Calls a listener at its end, before all who watch; at once if that was before. */
    void onEnd(Consumer<ProcessEnd> called) {
        ProcessEnd known;
        synchronized (this) {
            known = end;
            listener = called;
        }
        if (known != null) {
            called.accept(known);
        }
    }

    /** Writes to its standard input, behind what others write; ends that if there are no bytes. */
    void input(byte[] bytes) throws IOException {
        try {
            var _ = inputThread().submit(() -> {
                OutputStream stream = process.getOutputStream();
                if (bytes.length == 0) {
                    stream.close();
                } else {
                    stream.write(bytes);
                    stream.flush();
                }
                return bytes.length;
            }).get();
        } catch (ExecutionException e) {
            throw new IOException(
                    "process does not read its standard input: name=" + name + ", cause="
                            + e.getCause(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    // A full pipe blocks a thread of the operating system; most processes have no such input.
    private synchronized ExecutorService inputThread() {
        ExecutorService known = inputThread;
        if (known == null) {
            known = Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("ddict-input-" + number).factory());
            inputThread = known;
        }
        return known;
    }

    /** Gives room for more output. */
    void credit(int stream, int bytes) {
        OutputPump pump = stream == OUTPUT ? output : errors;
        if (pump != null) {
            pump.credit(bytes);
        }
    }

    /** Throws its output away from now on. */
    void discardOutput() {
        if (output != null) {
            output.discard();
        }
        if (errors != null) {
            errors.discard();
        }
    }

    /** Waits for its end, and tells all who watch. */
    void awaitEnd() throws InterruptedException {
        int exitCode = process.waitFor();
        if (ownsGroup) {
            // What it left behind in its session.
            boolean _ = Kernel.kill(-process.pid(), Kernel.SIGKILL);
        }
        awaitOutput(output, order.output());
        awaitOutput(errors, order.errors());
        List<Watcher> told;
        Consumer<ProcessEnd> first;
        ProcessEnd how;
        synchronized (this) {
            how = new ProcessEnd(abortCode == null ? exitCode : abortCode, report);
            first = listener;
            end = how;
            told = List.copyOf(watchers);
            watchers.clear();
            if (inputThread != null) {
                inputThread.shutdown();
            }
            notifyAll();
        }
        if (first != null) {
            first.accept(how);
        }
        for (Watcher each : told) {
            // One that does not read its socket keeps no other waiting.
            Thread.ofVirtual().start(() -> each.session().pushEnd(each.key(), how));
        }
    }

    private static void awaitOutput(@Nullable OutputPump pump, ProcessOrder.Target target) {
        if (pump != null && target.end() == ProcessOrder.End.LAUNCHER) {
            pump.awaitEnd(OUTPUT_TIMEOUT_MS);
        }
    }

    /** Waits until its end is told; false if it is not in time. */
    synchronized boolean awaitEnd(Duration timeout) throws InterruptedException {
        long endNs = System.nanoTime() + timeout.toNanos();
        while (end == null) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    /** A client that wants to know the end, by its own key. */
    record Watcher(ProcessSession session, long key) {}
}
