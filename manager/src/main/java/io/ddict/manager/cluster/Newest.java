package io.ddict.manager.cluster;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/*
 * The state comes from the log, where this node is a peer, and with the answers to beats and commands. It is
 * told to the listeners by a thread of its own, as they may take long, and beats must not wait for them.
 */

/** The newest state that this node knows, and who wants to hear of it. */
final class Newest implements AutoCloseable {
    private final List<Consumer<ClusterState>> listeners = new CopyOnWriteArrayList<>();
    private volatile ClusterState state = ClusterState.EMPTY;
    private boolean isClosed;

    /** Starts its thread. */
    Newest() {
        Thread.ofPlatform().daemon().name("ddict-control-watch").start(this::watch);
    }

    ClusterState state() {
        return state;
    }

    synchronized void offer(ClusterState other) {
        if (other.version() > state.version()) {
            state = other;
            notifyAll();
        }
    }

    synchronized void offer(Update update) {
        offer(update.appliedTo(state));
    }

    void listen(Consumer<ClusterState> listener) {
        listeners.add(listener);
    }

    private void watch() {
        ClusterState told = ClusterState.EMPTY;
        try {
            while (true) {
                synchronized (this) {
                    while (!isClosed && state.version() == told.version()) {
                        wait();
                    }
                    if (isClosed) {
                        return;
                    }
                    told = state;
                }
                tell(told);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // A listener that fails is to be seen, and must not keep the others from hearing.
    private void tell(ClusterState news) {
        for (Consumer<ClusterState> each : listeners) {
            try {
                each.accept(news);
            } catch (RuntimeException e) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
            }
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        notifyAll();
    }
}
