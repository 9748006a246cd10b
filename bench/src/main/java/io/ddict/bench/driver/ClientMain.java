package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.gups.Kernel;
import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Shape;
import io.ddict.bench.peers.Store;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/*
 *   from the parent                                              answer
 *   clock                                                        clock <ns>
 *   open <peer> <client> <shape> <address>                       opened <overhead ns> <channels>
 *   keys <keys>                                                  using <keys>
 *   clear                                                        cleared
 *   freeze                                                       frozen
 *   unfreeze                                                     unfrozen
 *   verify                                                       verified <keys>
 *   run <order>                                                  ready
 *   go <start ns>                                                done <outcome>
 *   close                                                        closed
 *
 * Whatever goes wrong is answered by "error" and a text, or "wrong" if the store returned what was not
 * put, and ends the process.
 */

/** A client process: does what the parent's lines say. */
public final class ClientMain {
    /** First word of the answer when a store returned what was not put. */
    static final String WRONG_CONTENT = "wrong";

    private static final int HEAP_TOUCH_COLLECTIONS = 3;
    private static final long HEAP_TOUCH_NS_MAX = 1_000_000_000;
    private static final int HEAP_TOUCH_ARRAYS = 1_000;
    private static final int HEAP_TOUCH_LENGTH = 1 << 13;
    @SuppressWarnings("UnusedVariable")
    private static byte[] garbage = new byte[0];

    private final BufferedReader in;
    private final PrintStream out;
    private @Nullable Store store;
    private @Nullable Kernel kernel;
    private LongFunction<Kernel> kernelWithKeys = _ -> kernel();
    private @Nullable Order order;

    private ClientMain(BufferedReader in, PrintStream out) {
        this.in = in;
        this.out = out;
    }

    /** Runs until its standard input ends. */
    public static void main(String[] arguments) {
        PrintStream answers = System.out;
        // What a library prints must not look like an answer.
        System.setOut(System.err);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        touchHeap();
        try {
            new ClientMain(lines, answers).serve();
        } catch (IOException | RuntimeException | Error e) {
            e.printStackTrace();
            String word = e instanceof WrongContentException ? WRONG_CONTENT : "error";
            answers.println(word + " " + String.valueOf(e).replace('\n', ' '));
            System.exit(1);
        }
        // A store's threads do not keep it.
        System.exit(0);
    }

    /*
     * A JVM takes the pages of its heap when it first writes to them, which is many times slower than
     * to use them again. Every long-lived client has left that behind; here a store that makes garbage
     * would leave it behind in its warm-up, and one that makes none would pay for it later.
     */
    private static void touchHeap() {
        long limitNs = System.nanoTime() + HEAP_TOUCH_NS_MAX;
        while (collections() < HEAP_TOUCH_COLLECTIONS && System.nanoTime() - limitNs < 0) {
            for (int i = 0; i < HEAP_TOUCH_ARRAYS; i++) {
                garbage = new byte[HEAP_TOUCH_LENGTH];
            }
        }
        garbage = new byte[0];
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private void serve() throws IOException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            out.println(answer(words));
            out.flush();
        }
    }

    private String answer(String[] words) throws IOException {
        return switch (words[0]) {
            case "clock" -> "clock " + System.nanoTime();
            case "open" -> open(words);
            case "keys" -> {
                useKeys(Long.parseLong(words[1]));
                yield "using " + words[1];
            }
            case "freeze" -> {
                store().freeze();
                yield "frozen";
            }
            case "unfreeze" -> {
                store().unfreeze();
                yield "unfrozen";
            }
            case "clear" -> {
                kernel().clear();
                yield "cleared";
            }
            case "verify" -> "verified " + kernel().verify();
            case "run" -> {
                order = Order.parse(words);
                yield "ready";
            }
            case "go" -> OutcomeLine.of(run(Long.parseLong(words[1])));
            case "close" -> {
                close();
                yield "closed";
            }
            default -> throw new IllegalArgumentException("no such command: command=" + words[0]);
        };
    }

    private String open(String[] words) throws IOException {
        Shape shape = ShapeText.parse(words[3]);
        int number = Integer.parseInt(words[2]);
        Store opened = Peers.named(words[1]).attach(words[4], shape);
        Kernel made = new Kernel(opened, shape, number);
        store = opened;
        kernel = made;
        kernelWithKeys = keys -> new Kernel(opened, withKeys(shape, keys), number);
        return "opened " + made.overheadNs() + " " + opened.channels();
    }

    private static Shape withKeys(Shape shape, long keys) {
        return new Shape(
                shape.valueLength(), keys, shape.clients(), shape.managers(), shape.nodes(),
                shape.tight());
    }

    private void useKeys(long keys) {
        kernel = null;
        kernel = kernelWithKeys.apply(keys);
    }

    private Outcome run(long startNs) {
        Order due = order;
        if (due == null) {
            throw new IllegalStateException("go without run");
        }
        return due.timed()
                ? kernel().runTimed(due.phase(), startNs, due.durationNs(), due.opsPerSecond())
                : kernel().run(due.phase(), startNs, due.durationNs(), due.opsMin());
    }

    private void close() {
        if (store != null) {
            store.close();
        }
        store = null;
        kernel = null;
    }

    private Store store() {
        if (store == null) {
            throw new IllegalStateException("nothing is open");
        }
        return store;
    }

    private Kernel kernel() {
        if (kernel == null) {
            throw new IllegalStateException("nothing is open");
        }
        return kernel;
    }
}
