package io.ddict.manager.launch;

import io.ddict.client.protocol.ProcessEnd;
import io.ddict.manager.launch.ranks.RankListener;
import io.ddict.manager.launch.ranks.RankServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/*
 * A process may call MPI_Abort before the thread that started it has said so: such an end is kept until
 * then.
 */

/** The processes of an MPI group, and the server that they talk to. Safe from any thread. */
final class RankGroup implements RankListener, AutoCloseable {
    private static final Duration TOLD_PATIENCE = Duration.ofSeconds(1);

    private final ProcessSession owner;
    private final long key;
    private final String bash;
    private final RankServer server;
    private final Map<Integer, LaunchedProcess> processes = new HashMap<>();
    private final Map<Integer, Integer> aborts = new HashMap<>();
    private final Object pushing = new Object();
    private @Nullable Broken broken;

    /**
     * Opens a group.
     *
     * @param key the owner's name for it
     * @param kinds for each rank the number of its executable
     * @throws IllegalArgumentException if there are too many, or this machine has no bash
     */
    RankGroup(ProcessSession owner, long key, List<Integer> kinds) throws IOException {
        this.owner = owner;
        this.key = key;
        this.bash = EndsWithParent.program("bash")
                .orElseThrow(() -> new IllegalArgumentException(
                        "an MPI group needs bash, which is not there: folders="
                                + EndsWithParent.FOLDERS + "; install it"))
                .toString();
        this.server = RankServer.start(kinds, this);
    }

    /** The command of a rank. */
    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(RankServer.prefix(bash));
        all.addAll(command);
        return all;
    }

    /** Changes an environment to that of a rank. */
    void prepare(Map<String, String> environment, int rank) {
        environment.keySet().removeIf(RankServer::isForeign);
        environment.putAll(server.environment(rank));
    }

    /** A rank has been started. */
    void started(int rank, LaunchedProcess process) {
        Integer abort;
        synchronized (this) {
            processes.put(rank, process);
            abort = aborts.get(rank);
        }
        if (abort != null) {
            process.abort(abort);
        }
        process.onEnd(end -> ended(rank, end));
    }

    // First that the others would wait for it, then that it ended: whoever is told both knows why.
    private void ended(int rank, ProcessEnd end) {
        Thread told = Thread.ofVirtual().start(() -> {
            server.ended(rank, end.exitCode());
            pushBroken();
        });
        try {
            // A client that does not read its socket keeps no other waiting.
            boolean _ = told.join(TOLD_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onAbort(int rank, int exitCode) {
        LaunchedProcess process;
        synchronized (this) {
            aborts.put(rank, exitCode);
            process = processes.get(rank);
        }
        if (process != null) {
            process.abort(exitCode);
        }
    }

    @Override
    public void onBroken(int rank, int exitCode, String cause) {
        synchronized (this) {
            broken = new Broken(rank, exitCode, cause);
        }
        Thread.ofVirtual().start(this::pushBroken);
    }

    private void pushBroken() {
        synchronized (pushing) {
            Broken told;
            synchronized (this) {
                told = broken;
                broken = null;
            }
            if (told != null) {
                owner.pushBroken(key, told.rank(), told.exitCode(), told.cause());
            }
        }
    }

    /** Ends the server. */
    @Override
    public void close() {
        server.close();
    }

    private record Broken(int rank, int exitCode, String cause) {}
}
