package io.ddict.manager.gateway;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Together;
import io.ddict.client.channel.shm.BlockPut;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.channel.tcp.TcpBroadcast;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.protocol.BroadcastBranch;
import io.ddict.client.protocol.BroadcastOutcome;
import io.ddict.client.protocol.BroadcastStop.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * The value comes straight into a block of the first manager of this node that has one to give. From there it
 * goes on to two other nodes while it still comes in, then to the other managers of this node, and then the
 * first manager is told of it: last, as from that moment its memory may become another value's.
 *
 * All of it are writes of the program that broadcasts, by the links that it has here. Where one cannot be
 * made without waiting for room, or a node cannot be reached, the answer is that nothing was sent there; then
 * the program does it by itself, and waits, and hears what a put would tell it.
 */

/** A broadcast that has come to this node. On a thread of its own, which waits. */
final class BroadcastRelay {
    private final ShardCall call;
    private final ShardPorts allPorts;
    private final PeerNodes peers;
    private final long endNs;
    private final Map<Integer, BroadcastOutcome> outcomes = new ConcurrentHashMap<>();
    // By what they are open for; of the thread that runs.
    private final Map<Place, ShardPort> ports = new LinkedHashMap<>();
    private final List<Branch> below = new ArrayList<>();

    /**
     * Makes one.
     *
     * @param call with the value that is still to come
     */
    BroadcastRelay(ShardCall call, ShardPorts allPorts, PeerNodes peers) {
        this.call = call;
        this.allPorts = allPorts;
        this.peers = peers;
        this.endNs = System.nanoTime() + call.timeoutNs();
    }

    /** Stores the value here, passes it on, and makes the reply. */
    void run(byte[] branchBytes) {
        try {
            BroadcastBranch branch = BroadcastBranch.of(branchBytes);
            branch.managers()
                    .forEach(manager -> outcomes.put(manager, BroadcastOutcome.NOT_SENT));
            try {
                branch.head().places().forEach(this::find);
                spread(branch);
            } finally {
                ports.values().forEach(ShardPort::end);
            }
            Together.join(below.stream().map(Branch::thread).toList());
            call.reply().fields(out -> BroadcastOutcome.write(out, outcomes));
        } catch (RuntimeException | Error e) {
            // Without an answer the other end would wait until its timeout.
            call.reply().failure(e);
        }
    }

    // One that its client has given back, or opened anew, is for that client to see to.
    private void find(Place place) {
        ShardPort port = allPorts.find(place.port());
        if (port != null && port.tryBegin()) {
            ports.put(place, port);
        }
    }

    private void spread(BroadcastBranch branch) {
        for (Map.Entry<Place, ShardPort> each : ports.entrySet()) {
            ShmChannel channel = each.getValue().channel();
            BlockPut put = tryBegin(each.getKey(), channel);
            if (put != null) {
                spread(branch, each.getKey(), channel, put);
                return;
            }
        }
    }

    private @Nullable BlockPut tryBegin(Place place, ShmChannel channel) {
        if (channel.manager() != place.manager() || channel.workingSet().waits()) {
            return null;
        }
        try {
            return channel.beginPut(
                    context(), call.valueTag(), call.valueLength(), false);
        } catch (RuntimeException e) {
            // Whatever is wrong is found again, and told, where it can be waited for.
            return null;
        }
    }

    private CallContext context() {
        return call.context(endNs - System.nanoTime());
    }

    private void spread(
            BroadcastBranch branch, Place first, ShmChannel channel, BlockPut put) {
        RelayedValue value = new RelayedValue(call.valueTag(), put.value());
        for (BroadcastBranch each : branch.below()) {
            CountDownLatch sent = new CountDownLatch(1);
            Thread thread = Thread.ofVirtual().name("ddict-gateway-broadcast")
                    .start(() -> passOn(each, value, sent));
            below.add(new Branch(thread, sent));
        }
        try {
            if (receive(value, put)) {
                storeAtOthers(first, value);
                below.forEach(each -> await(each.sent));
                value.close();
                outcomes.put(first.manager(), outcome(() -> channel.finishPut(context(), put)));
            }
        } finally {
            value.close();
            channel.abandonPut(put);
        }
    }

    // Whether all of it came.
    private boolean receive(RelayedValue value, BlockPut put) {
        IncomingValue incoming = call.value();
        incoming.onPart(value::arrived);
        try {
            incoming.write(incoming, context().scratch(), put.value(), 0);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void passOn(BroadcastBranch branch, RelayedValue value, CountDownLatch sent) {
        TcpNode node = peers.use(branch.head().address());
        try {
            outcomes.putAll(
                    TcpBroadcast.send(
                            node, context(), branch, value, value, sent::countDown));
        } catch (RelayedValue.EndedException e) {
            // The rest of the value did not come, or came too late: nobody below has all of it.
        } catch (RuntimeException | Error e) {
            branch.managers().forEach(
                    manager -> outcomes.put(manager, BroadcastOutcome.failed(e)));
        } finally {
            sent.countDown();
            node.release();
        }
    }

    private void storeAtOthers(Place first, RelayedValue value) {
        List<Runnable> stores = new ArrayList<>();
        ports.forEach((place, port) -> {
            ShmChannel channel = port.channel();
            if (!place.equals(first) && channel.manager() == place.manager()) {
                stores.add(() -> outcomes.put(
                        place.manager(),
                        outcome(() -> channel.put(context(), value, value, false))));
            }
        });
        Together.run(stores);
    }

    private static BroadcastOutcome outcome(Runnable store) {
        try {
            store.run();
            return BroadcastOutcome.STORED;
        } catch (RuntimeException | Error e) {
            return BroadcastOutcome.failed(e);
        }
    }

    // Not for longer than the call's time, whatever becomes of the nodes below.
    private void await(CountDownLatch sent) {
        boolean interrupted = false;
        long leftNs = endNs - System.nanoTime();
        while (sent.getCount() > 0 && leftNs > 0) {
            try {
                boolean _ = sent.await(leftNs, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            leftNs = endNs - System.nanoTime();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Nodes that the value is passed on to.
     *
     * @param thread that does it
     * @param sent counted down once it reads no more of the value
     */
    private record Branch(Thread thread, CountDownLatch sent) {}
}
