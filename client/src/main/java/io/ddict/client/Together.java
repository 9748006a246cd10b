package io.ddict.client;

import java.util.ArrayList;
import java.util.List;

/** Runs several things at the same time. */
final class Together {
    private Together() {}

    /**
     * Runs each on a thread of its own, the first on that of the caller, and returns when all have ended.
     * They bound their own time, and throw nothing. An interrupt is kept for whoever looks for it.
     */
    static void run(List<Runnable> bodies) {
        if (bodies.isEmpty()) {
            return;
        }
        List<Thread> threads = new ArrayList<>();
        for (Runnable body : bodies.subList(1, bodies.size())) {
            threads.add(Thread.ofVirtual().name("ddict-together").start(body));
        }
        bodies.getFirst().run();
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= joinWasInterrupted(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean joinWasInterrupted(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}
