package io.ddict.manager.tools.run;

import io.ddict.client.DDictException;
import io.ddict.client.classes.RemoteClassPath;
import io.ddict.client.node.NodeConnection;
import io.ddict.manager.allocation.Allocation;
import io.ddict.manager.launch.EndsWithParent;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/*
 * A node service of its own on that machine takes it, as those of a cluster do from each other; but its
 * session goes through the standard streams of whatever starts commands there, since there may be no other
 * way. The service ends with this process at the latest, and what it took with it.
 */

/** A program's class path on another machine, for as long as this is open. */
final class MovedClassPath implements AutoCloseable {
    // Longer than what is sent waits for by itself.
    private static final Duration SEND_TIMEOUT = Duration.ofMinutes(20);
    private static final long END_TIMEOUT_S = 15;

    private final Process service;
    private final String text;

    private MovedClassPath(Process service, String text) {
        this.service = service;
        this.text = text;
    }

    /**
     * Sends what the first machine of an allocation lacks. Blocks until it is there, for 20 min at most.
     *
     * @throws IOException if that is not possible
     */
    static MovedClassPath send(Allocation allocation, List<Path> entries) throws IOException {
        String name = "move-" + UUID.randomUUID();
        List<String> command = OtherNodes.nodeCommand(name);
        command.add("--session-pipe");
        List<String> whole = new ArrayList<>(EndsWithParent.prefix());
        whole.addAll(allocation.onFirst(command));
        Process process = new ProcessBuilder(whole).redirectError(Redirect.INHERIT).start();
        // Who writes to a pipe that is not read any more waits for its end.
        Future<?> limit = CompletableFuture.runAsync(
                process::destroyForcibly,
                CompletableFuture.delayedExecutor(SEND_TIMEOUT.toSeconds(), TimeUnit.SECONDS));
        try {
            NodeConnection connection = NodeConnection.over(
                    name, process.getInputStream(), process.getOutputStream());
            return new MovedClassPath(process, RemoteClassPath.on(connection, entries));
        } catch (DDictException e) {
            end(process);
            throw new IOException(
                    "class path cannot be sent to the program's machine: host="
                            + allocation.hosts().getFirst() + ", cause=" + e.getMessage(),
                    e);
        } catch (RuntimeException e) {
            end(process);
            throw e;
        } finally {
            limit.cancel(false);
        }
    }

    /** The class path there. */
    String text() {
        return text;
    }

    private static void end(Process process) {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Has it removed there. */
    @Override
    public void close() {
        end(service);
    }
}
