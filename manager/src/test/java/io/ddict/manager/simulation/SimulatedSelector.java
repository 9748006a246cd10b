package io.ddict.manager.simulation;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for simulated sockets. One thread waits at a time. */
final class SimulatedSelector extends AbstractSelector {
    private final Set<SelectionKey> keys = new LinkedHashSet<>();
    private final Set<SelectionKey> selected = new HashSet<>();
    private Thread waiter;

    SimulatedSelector() {
        super(null);
    }

    /** Something may have become ready. */
    void look() {
        LockSupport.unpark(waiter);
    }

    @Override
    protected SelectionKey register(
            AbstractSelectableChannel channel, int operations, Object attachment) {
        SimulatedSocket socket = (SimulatedSocket) channel;
        Key key = new Key(socket);
        key.interestOps(operations);
        keys.add(key);
        socket.watch(this);
        return key;
    }

    @Override
    public int select(long timeoutMs) throws IOException {
        Simulator simulator = Simulator.running();
        long endNs = simulator.nowNs() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        waiter = Thread.currentThread();
        int count = selectNow();
        while (count == 0 && simulator.nowNs() < endNs
                && !Thread.currentThread().isInterrupted()) {
            simulator.park(endNs - simulator.nowNs());
            count = selectNow();
        }
        waiter = null;
        return count;
    }

    @Override
    public int selectNow() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
        for (SelectionKey each : keys) {
            if (each.isValid() && each.readyOps() != 0) {
                selected.add(each);
            }
        }
        return selected.size();
    }

    @Override
    public int select() {
        throw new UnsupportedOperationException("nobody waits without a limit");
    }

    @Override
    public Selector wakeup() {
        look();
        return this;
    }

    @Override
    public Set<SelectionKey> keys() {
        return keys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
        return selected;
    }

    @Override
    protected void implCloseSelector() {
        for (SelectionKey each : keys) {
            each.cancel();
            deregister((AbstractSelectionKey) each);
        }
        keys.clear();
        look();
    }

    private final class Key extends AbstractSelectionKey {
        private final SimulatedSocket socket;
        private int interest;

        Key(SimulatedSocket socket) {
            this.socket = socket;
        }

        @Override
        public SelectableChannel channel() {
            return socket;
        }

        @Override
        public Selector selector() {
            return SimulatedSelector.this;
        }

        @Override
        public int interestOps() {
            return interest;
        }

        @Override
        public SelectionKey interestOps(int operations) {
            interest = operations;
            return this;
        }

        @Override
        public int readyOps() {
            return socket.ready() & interest;
        }
    }
}
