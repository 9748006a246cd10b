package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/*
 * No server may outlive the benchmark, however that ends. Each has a pipe as standard input of which
 * only this process holds the other end; the kernel closes it when this process is gone. A JVM of ours
 * reads it itself (JavaServer). A foreign program gets a shell beside it that does nothing but read
 * it, and that kills the program at its end. prctl's signal at the parent's death was rejected: it
 * comes when the thread ends that started the program.
 */

/** A server that runs as a child of this process, and ends with it. Safe from any thread. */
final class ServerProcess implements AutoCloseable {
    // The shell becomes the program, so that the process is the program's, and $$ its number. When
    // the program ends by itself, the pipe is closed a moment later; no other has its number so soon.
    private static final String WATCHED =
            "exec 3<&0 </dev/null; { read -r line <&3; kill -KILL $$; } >/dev/null 2>&1 &"
                    + " exec \"$@\" 3<&-";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final long POLL_NS = Duration.ofMillis(5).toNanos();
    private static final int OUTPUT_LINES_MAX = 20;

    private final String name;
    private final Process process;
    private final PrintStream in;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Deque<String> output = new ArrayDeque<>();
    private final Thread reader;

    private ServerProcess(String name, List<String> command) throws IOException {
        this.name = name;
        this.process = new ProcessBuilder(command).redirectErrorStream(true).start();
        this.in = new PrintStream(process.getOutputStream(), true, UTF_8);
        this.reader = Thread.ofVirtual().name("output-" + name).start(this::readOutput);
    }

    /**
     * Starts a foreign program, and returns when it answers.
     *
     * @param request what it is sent over a connection
     * @param answer how its answer starts
     * @throws IOException with the program's last output, if it ends or does not answer
     */
    static ServerProcess startProgram(
            List<String> command, SocketAddress address, String request, String answer)
            throws IOException {
        List<String> watched = new ArrayList<>(List.of("sh", "-c", WATCHED, command.getFirst()));
        watched.addAll(command);
        ServerProcess server = new ServerProcess(command.getFirst(), watched);
        long deadlineNs = System.nanoTime() + START_TIMEOUT.toNanos();
        while (!answers(address, request, answer, deadlineNs) || !server.process.isAlive()) {
            if (!server.process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw server.failure();
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return server;
    }

    /**
     * Starts a JVM that runs a {@link JavaServer}, and returns when it is ready.
     *
     * @throws IOException with its last output, if it ends or is not ready in time
     */
    static ServerProcess startJava(String name, List<String> command) throws IOException {
        ServerProcess server = new ServerProcess(name, command);
        if (!server.awaitAnswer(START_TIMEOUT).equals(JavaServer.READY)) {
            throw server.failure();
        }
        return server;
    }

    /** Bytes of physical memory that it uses. */
    long residentLength() {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("server ended: " + describe(), e);
        }
        throw new IllegalStateException("no resident length: file=" + status);
    }

    /** Bytes of content that a {@link JavaServer} says it has. */
    long usedLength() {
        in.println(JavaServer.USED);
        String answer = awaitAnswer(ANSWER_TIMEOUT);
        if (!answer.startsWith(JavaServer.USED)) {
            throw new IllegalStateException("no answer: " + describe());
        }
        return Long.parseLong(answer.substring(JavaServer.USED.length() + 1));
    }

    /** Asks it to end, and waits until it has; kills it if it takes long. */
    @Override
    public void close() {
        if (!process.isAlive()) {
            System.err.println("server ended by itself: " + describe());
        }
        process.destroy();
        try {
            if (!process.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            reader.join(END_TIMEOUT);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private IOException failure() {
        boolean alive = process.isAlive();
        // By its handle: destroying the process would close its output before it is read.
        process.toHandle().destroyForcibly();
        try {
            reader.join(END_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new IOException(
                "server not started: alive=" + alive + ", timeout=" + START_TIMEOUT.toSeconds()
                        + "s, " + describe());
    }

    private String describe() {
        synchronized (output) {
            return "server=" + name + ", output:\n  " + String.join("\n  ", output);
        }
    }

    /** An answer, or empty after the timeout or the server's end. */
    private String awaitAnswer(Duration timeout) {
        try {
            String answer = answers.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return answer == null ? "" : answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private void readOutput() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(JavaServer.ANSWER)) {
                    answers.add(line.substring(JavaServer.ANSWER.length()));
                } else {
                    keep(line);
                }
            }
        } catch (IOException e) {
            keep(e.toString());
        }
        answers.add("");
    }

    private void keep(String line) {
        synchronized (output) {
            output.add(line);
            if (output.size() > OUTPUT_LINES_MAX) {
                output.removeFirst();
            }
        }
    }

    private static boolean answers(
            SocketAddress address, String request, String answer, long deadlineNs) {
        try (SocketChannel channel = SocketChannel.open(address)) {
            channel.write(UTF_8.encode(request));
            channel.configureBlocking(false);
            ByteBuffer reply = ByteBuffer.allocate(answer.length());
            while (reply.hasRemaining() && System.nanoTime() - deadlineNs < 0) {
                if (channel.read(reply) < 0) {
                    return false;
                }
                LockSupport.parkNanos(POLL_NS);
            }
            return UTF_8.decode(reply.flip()).toString().equals(answer);
        } catch (IOException e) {
            // Not yet.
            return false;
        }
    }
}
