package io.ddict.client.channel.tcp;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.PartCodec;
import io.ddict.client.protocol.BroadcastBranch;
import io.ddict.client.protocol.BroadcastOutcome;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.ShardFrame;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/*
 * Nobody stores a value before he has all of it, and who passes it on has no more of it than came to him. So
 * while the last part has not begun to be sent, nothing was stored at any node of the branch, whatever
 * becomes of the connection, and the copies can be sent another way. Afterwards only an answer tells.
 *
 * Everybody waits for those below him a step less than is waited for himself, so that a node that says
 * nothing costs only the outcomes of its own branch.
 */

/** Sends one copy of a value to the nodes of a branch. */
public final class TcpBroadcast {
    private static final long STEP_NS = 250_000_000;

    private TcpBroadcast() {}

    /**
     * Sends it to the first of the nodes, which passes it on, and waits until it tells of all of them. Blocks
     * for as long as the call's time, and at most {@link TcpConnection#GRACE_NS} longer. What the codec
     * throws ends the broadcast at these nodes, where nothing is stored then.
     *
     * @param node the first one
     * @param call with key and time
     * @param value encoded longer than {@link ShardFrame#INLINE_MAX}, and at most
     *     {@link ShardFrame#VALUE_MAX}
     * @param onSent called once nothing more is read of the value, unless it is the codec that throws
     * @return of each manager of the branch
     */
    public static <T> Map<Integer, BroadcastOutcome> send(
            TcpNode node, CallContext call, BroadcastBranch branch, Codec<T> codec, T value,
            Runnable onSent) {
        node.use();
        try {
            return new Sending<>(node, call, branch, codec, value).send(onSent);
        } finally {
            node.release();
        }
    }

    /** Those of managers that all have the same one. */
    private static Map<Integer, BroadcastOutcome> all(
            BroadcastBranch branch, IntFunction<BroadcastOutcome> outcome) {
        Map<Integer, BroadcastOutcome> outcomes = new LinkedHashMap<>();
        for (int manager : branch.managers()) {
            outcomes.put(manager, outcome.apply(manager));
        }
        return outcomes;
    }

    private record Sending<T>(
            TcpNode node, CallContext call, BroadcastBranch branch, Codec<T> codec, T value) {
        Map<Integer, BroadcastOutcome> send(Runnable onSent) {
            long timeoutNs = call.deadline().timeoutNs();
            long endNs = System.nanoTime() + timeoutNs;
            TcpConnection connection;
            RemoteCall request;
            try {
                // What is left is for other ways.
                connection = node.connection(timeoutNs / 2);
                request = connection.take(call.deadline());
            } catch (ManagerLostException e) {
                request = null;
                connection = null;
            }
            if (connection == null || request == null) {
                onSent.run();
                return all(branch, manager -> BroadcastOutcome.NOT_SENT);
            }
            try {
                fill(request, endNs - System.nanoTime());
                boolean sent = connection.send(call, request, codec, value, endNs);
                onSent.run();
                if (sent) {
                    connection.await(request, endNs + graceNs(), false);
                }
                return outcomes(connection, request);
            } finally {
                connection.giveBack(request);
            }
        }

        private long graceNs() {
            return Math.max(STEP_NS, TcpConnection.GRACE_NS - branch.depth() * STEP_NS);
        }

        private void fill(RemoteCall request, long leftNs) {
            KeyBytes key = call.key();
            byte[] plan = branch.bytes();
            ByteBuffer frame = request.begin(
                    ShardFrame.BROADCAST, key.length() + plan.length,
                    codec.prepare(value, call.scratch()), codec instanceof PartCodec<T>);
            frame.putInt(ShardFrame.KEY_LENGTH, key.length());
            frame.put(ShardFrame.KEY_TAG, key.tag());
            frame.putLong(ShardFrame.HASH, call.hash());
            frame.putLong(ShardFrame.CHECKPOINT, call.checkpoint());
            frame.putLong(ShardFrame.TIMEOUT, leftNs);
            frame.putLong(ShardFrame.OPERAND, plan.length);
            frame.put(ShardFrame.VALUE_TAG, codec.tag());
            request.writeKey(key.array(), key.offset(), key.length());
            MemorySegment.copy(
                    plan, 0, request.request(), ValueLayout.JAVA_BYTE,
                    request.keyOffset() + key.length(), plan.length);
        }

        private Map<Integer, BroadcastOutcome> outcomes(
                TcpConnection connection, RemoteCall request) {
            if (request.isDone() && !request.isLost()) {
                return answered(request);
            }
            boolean isSilent = !request.isDone();
            if (isSilent && request.mayBeWhole()) {
                // As any call does whose answer nobody takes any more.
                connection.lose();
            }
            return request.mayBeWhole()
                    ? all(branch, manager -> unknown(manager, isSilent))
                    : all(branch, manager -> BroadcastOutcome.NOT_SENT);
        }

        private Map<Integer, BroadcastOutcome> answered(RemoteCall reply) {
            try (DataInputStream in = reply.fields()) {
                if (reply.outcome() == ShardFrame.FAILED) {
                    RuntimeException failure = CallFailure.read(in);
                    return all(branch, manager -> BroadcastOutcome.failed(failure));
                }
                Map<Integer, BroadcastOutcome> told = BroadcastOutcome.read(in);
                return all(branch, manager -> {
                    BroadcastOutcome outcome = told.get(manager);
                    return outcome == null ? unknown(manager, false) : outcome;
                });
            } catch (IOException e) {
                return all(branch, manager -> unknown(manager, false));
            }
        }

        private BroadcastOutcome unknown(int manager, boolean isSilent) {
            String where = "manager=" + manager + ", by way of " + node
                    + "; whether the copy was stored is not known";
            DDictException failure = isSilent
                    ? new DDictTimeoutException(
                            "time over: a node service did not answer a broadcast: timeout="
                                    + call.deadline().timeoutMs() + "ms, " + where)
                    : new ManagerLostException(
                            "connection to a node service was lost within a broadcast: " + where);
            failure.noteCall(
                    OptionalLong.of(call.hash()), manager,
                    Duration.ofNanos(call.deadline().timeoutNs()));
            return BroadcastOutcome.failed(failure);
        }
    }
}
