package io.ddict.client.channel;

import java.util.ArrayList;
import java.util.List;

/** Several things at the same time, on virtual threads. */
public final class Together {
    private Together() {}

    /**
     * Runs each on a thread of its own, the first on that of the caller, and returns when all have ended.
     * They bound their own time, and tell by themselves what they fail by. An interrupt is kept for whoever
     * looks for it.
     */
    public static void run(List<Runnable> bodies) {
        if (bodies.isEmpty()) {
            return;
        }
        List<Thread> threads = new ArrayList<>();
        for (Runnable body : bodies.subList(1, bodies.size())) {
            threads.add(Thread.ofVirtual().name("ddict-together").start(body));
        }
        try {
            bodies.getFirst().run();
        } finally {
            join(threads);
        }
    }

    /** Waits for the end of threads that bound their own time. An interrupt is kept. */
    public static void join(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
