package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client process, as the parent sees it: sends it lines and awaits its answers. One thread. */
final class ClientProcess implements AutoCloseable {
    // Longer than any one command takes, a verification of all values included.
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(3);
    private static final String END = "end";

    private final Peer peer;
    private final int number;
    private final Process process;
    private final PrintStream out;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    private ClientProcess(Peer peer, int number, Process process) {
        this.peer = peer;
        this.number = number;
        this.process = process;
        this.out = new PrintStream(process.getOutputStream(), true, UTF_8);
    }

    static ClientProcess start(Peer peer, int number, Launcher launcher) throws IOException {
        List<String> command = launcher.command(peer, ClientMain.class);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ClientProcess client = new ClientProcess(peer, number, process);
        Thread.ofVirtual().name("answers-" + number).start(client::readAnswers);
        return client;
    }

    int number() {
        return number;
    }

    /** Opens a store; returns what the loops around an operation cost, in nanoseconds. */
    double open(String address, Shape shape) {
        out.println(String.join(
                " ",
                "open",
                peer.name(),
                Integer.toString(number),
                Integer.toString(shape.valueLength()),
                Long.toString(shape.keysMax()),
                Integer.toString(shape.clients()),
                Integer.toString(shape.managers()),
                Boolean.toString(shape.tight()),
                address));
        return Double.parseDouble(await("opened")[1]);
    }

    /** Uses no more than so many keys, of all clients together, of an empty store. */
    void useKeys(long keys) {
        out.println("keys " + keys);
        await("using");
    }

    void freeze() {
        out.println("freeze");
        await("frozen");
    }

    void unfreeze() {
        out.println("unfreeze");
        await("unfrozen");
    }

    void clear() {
        out.println("clear");
        await("cleared");
    }

    void startVerify() {
        out.println("verify");
    }

    void awaitVerified() {
        await("verified");
    }

    void prepare(Order order) {
        out.println(order.line());
        await("ready");
    }

    void go(long startNs) {
        out.println("go " + startNs);
    }

    Outcome awaitOutcome() {
        return OutcomeLine.parse(await("done"));
    }

    void closeStore() {
        out.println("close");
        await("closed");
    }

    /** Ends the process; it has nothing that others wait for. */
    @Override
    public void close() {
        out.close();
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private String[] await(String word) {
        try {
            String line = answers.poll(ANSWER_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (line == null || !line.startsWith(word)) {
                throw failure(word, line == null ? "none in time" : line);
            }
            return line.split(" ", -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private RuntimeException failure(String word, String answer) {
        String text =
                "client failed: peer=" + peer.name() + ", client=" + number + ", awaited=" + word
                        + ", answer=" + answer;
        return answer.startsWith(ClientMain.WRONG_CONTENT)
                ? new WrongContentException(text)
                : new IllegalStateException(text);
    }

    private void readAnswers() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                answers.add(line);
            }
            answers.add(END);
        } catch (IOException e) {
            answers.add(END + " " + e);
        }
    }
}
