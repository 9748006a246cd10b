package io.ddict.manager.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/*
 * One thread for the service's whole life starts everything, for two reasons. The kernel can kill a
 * process when its parent ends (PDEATHSIG), but means by that the parent's thread. And a process
 * inherits the CPUs of the thread that starts it, so a thread of its own can be bound for a moment.
 *
 * In front of each command stand, where this machine has them:
 *
 *   setsid                        a session of its own: a terminal's Ctrl-C is not for it, and what it
 *                                 starts in turn can be ended with it, as a group
 *   setpriv --pdeathsig KILL --   it ends when the service does, also by kill -9
 *
 * Both become the command without another process in between.
 */

/** Starts processes. Safe from any thread. */
final class Spawner {
    private final List<String> prefix = new ArrayList<>();
    private final boolean ownsGroup;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("ddict-spawner").factory());

    Spawner() {
        List<String> session = EndsWithParent.sessionPrefix();
        ownsGroup = !session.isEmpty();
        prefix.addAll(session);
        prefix.addAll(EndsWithParent.prefix());
    }

    /** Whether what a process starts in turn is a group of its number. */
    boolean ownsGroup() {
        return ownsGroup;
    }

    /**
     * Starts a process.
     *
     * @param cpus those that it may run on; none for all
     */
    Process start(ProcessBuilder builder, List<Integer> cpus) throws IOException {
        builder.command().addAll(0, prefix);
        try {
            return thread.submit(() -> cpus.isEmpty() ? builder.start() : startOn(cpus, builder))
                    .get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    // The JDK's thread that reaps the process may be made here, and be bound as well: it only waits.
    private static Process startOn(List<Integer> cpus, ProcessBuilder builder)
            throws IOException {
        List<Integer> before = Kernel.affinity();
        Kernel.bind(cpus);
        try {
            return builder.start();
        } finally {
            Kernel.bind(before);
        }
    }
}
