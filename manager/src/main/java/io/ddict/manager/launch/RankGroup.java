package io.ddict.manager.launch;

import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import io.ddict.manager.launch.ranks.RankListener;
import io.ddict.manager.launch.ranks.RankServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/*
 * A process may call MPI_Abort before the thread that started it has said so: such an end is kept until
 * then.
 */

/** This node's processes of an MPI group, and the server that they talk to. Safe from any thread. */
final class RankGroup implements RankListener, AutoCloseable {
    private static final Duration TOLD_PATIENCE = Duration.ofSeconds(1);

    private final ProcessSession owner;
    private final long key;
    private final String bash;
    private final RankServer server;
    private final Map<Integer, LaunchedProcess> processes = new HashMap<>();
    private final Map<Integer, Integer> aborts = new HashMap<>();
    private final Object pushing = new Object();
    private final Queue<Runnable> pushes = new ConcurrentLinkedQueue<>();

    /**
     * Opens a group.
     *
     * @param key the owner's name for it
     * @throws IllegalArgumentException if there are too many ranks, or this machine has no bash
     */
    RankGroup(ProcessSession owner, long key, RanksOrder order) throws IOException {
        this.owner = owner;
        this.key = key;
        this.bash = EndsWithParent.program("bash")
                .orElseThrow(() -> new IllegalArgumentException(
                        "an MPI group needs bash, which is not there: folders="
                                + EndsWithParent.FOLDERS + "; install it"))
                .toString();
        this.server = RankServer.start(order, this);
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
            push();
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
        push(() -> owner.pushBroken(key, rank, exitCode, cause));
    }

    @Override
    public void onNews(RanksNews news) {
        push(() -> news.pieces().forEach(each -> owner.pushNews(key, each)));
    }

    // The server's thread notes it only.
    private void push(Runnable push) {
        pushes.add(push);
        Thread.ofVirtual().start(this::push);
    }

    // All that is noted, in its order.
    private void push() {
        synchronized (pushing) {
            for (Runnable each = pushes.poll(); each != null; each = pushes.poll()) {
                each.run();
            }
        }
    }

    /** What the ranks on other nodes have come to. */
    void tell(RanksNews elsewhere) {
        server.tell(elsewhere);
    }

    /** Ends the server. */
    @Override
    public void close() {
        server.close();
    }
}
