package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/** The end of a {@link ServerProcess} that is a JVM: tells that it is ready, and ends with its parent. */
final class JavaServer {
    /** Starts each line that is an answer, so that what a library prints is none. */
    static final String ANSWER = "ddict-bench-answer ";

    /** Its answer once it serves. */
    static final String READY = "ready";

    /** What it is asked for the bytes of its content; starts the answer. */
    static final String USED = "used";

    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    private final PrintStream out = System.out;

    /** Watches the parent from now on: also one that dies while the server starts. */
    JavaServer(LongSupplier usedOutsideHeap) {
        System.setOut(System.err);
        Thread.ofPlatform().name("parent").daemon().start(() -> {
            try {
                serve(usedOutsideHeap);
            } catch (IOException | RuntimeException e) {
                System.err.println("parent not served: " + e);
            }
            // Nobody is left who could want what a shutdown in good order would save.
            Runtime.getRuntime().halt(1);
        });
    }

    /** Tells the parent. */
    void ready() {
        answer(READY);
    }

    /** Live objects, after a collection. */
    private static long usedOfHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private void serve(LongSupplier usedOutsideHeap) throws IOException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals(USED)) {
                answer(USED + " " + (usedOfHeap() + usedOutsideHeap.getAsLong()));
            }
        }
    }

    private void answer(String text) {
        out.println(ANSWER + text);
        out.flush();
    }
}
