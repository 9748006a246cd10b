package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.nodes.Child;
import io.ddict.bench.nodes.Place;
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
    private static final int CLOCK_LOOKS = 30;

    private final Peer peer;
    private final int number;
    private final Child child;
    private final PrintStream out;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private long clockAheadNs;
    private String channels = "";

    private ClientProcess(Peer peer, int number, Child child) {
        this.peer = peer;
        this.number = number;
        this.child = child;
        this.out = new PrintStream(child.input(), true, UTF_8);
    }

    static ClientProcess start(Peer peer, int number, Launcher launcher, Place place)
            throws IOException {
        Child child = place.startClient(number, launcher.command(peer, ClientMain.class));
        ClientProcess client = new ClientProcess(peer, number, child);
        Thread.ofPlatform().daemon().name("answers-" + number).start(client::readAnswers);
        if (child.hasOwnClock()) {
            client.compareClocks();
        }
        return client;
    }

    // Of many answers the fastest tells most: its clock was read within half its time of the middle.
    private void compareClocks() {
        long leastNs = Long.MAX_VALUE;
        for (int i = 0; i < CLOCK_LOOKS; i++) {
            long startNs = System.nanoTime();
            out.println("clock");
            long theirs = Long.parseLong(await("clock")[1]);
            long tookNs = System.nanoTime() - startNs;
            if (tookNs < leastNs) {
                leastNs = tookNs;
                clockAheadNs = theirs - (startNs + tookNs / 2);
            }
        }
    }

    /** Where it runs, and how it reaches the store that is open. */
    String whereabouts() {
        return "client " + number + " on " + child.host() + ": " + channels;
    }

    /** Whether its channels are worth telling: not where there is just one. */
    boolean hasChannels() {
        return child.hasOwnClock() && !channels.isEmpty();
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
                ShapeText.of(shape),
                address));
        String[] answer = await("opened");
        channels = String.join(" ", List.of(answer).subList(2, answer.length));
        return Double.parseDouble(answer[1]);
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
        out.println("go " + (startNs + clockAheadNs));
    }

    Outcome awaitOutcome() {
        return OutcomeLine.parse(await("done")).earlier(clockAheadNs);
    }

    void closeStore() {
        out.println("close");
        await("closed");
    }

    /** Ends the process; it has nothing that others wait for. */
    @Override
    public void close() {
        child.close();
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
                new BufferedReader(new InputStreamReader(child.output(), UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                answers.add(line);
            }
            answers.add(END);
        } catch (IOException e) {
            answers.add(END + " " + e);
        }
    }
}
