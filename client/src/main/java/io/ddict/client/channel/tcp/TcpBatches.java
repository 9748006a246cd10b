package io.ddict.client.channel.tcp;

import io.ddict.client.DDictException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.SentPuts;
import io.ddict.client.channel.ShardChannel.Refusals;
import io.ddict.client.codec.Codec;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.ShardFrame;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/*
 * What a batch sends is not waited for at once: this end encodes the next while the other one stores the
 * last. A request that nobody waits for yet holds a place of its connection. Only some may, or threads that
 * each wait for one more place would wait for each other.
 */

/** Puts of batches to one manager on another machine. Safe from any thread. */
final class TcpBatches {
    private static final Refusals OF_ONE = (index, cause) -> {};

    private final TcpChannel channel;

    TcpBatches(TcpChannel channel) {
        this.channel = channel;
    }

    <T> SentPuts send(CallContext call, Codec<T> codec, T value, long valueLength) {
        try {
            if (valueLength > ShardFrame.INLINE_MAX) {
                // It may be wanted again, when it would be the caller's to change.
                channel.end(channel.call(
                        call, ShardFrame.PUT_BATCHED, (byte) 0, 0, codec, value, valueLength));
                return SentPuts.STORED;
            }
            TcpChannel.Attachment target = channel.attached(call);
            RemoteCall request = channel.begin(
                    call, target, ShardFrame.PUT_BATCHED, (byte) 0, 0, valueLength, false);
            request.request().set(ValueLayout.JAVA_BYTE, ShardFrame.VALUE_TAG, codec.tag());
            long endNs = channel.send(call, target.connection(), request, codec, value);
            return sent(new Sent(call, target.connection(), request, endNs, 1, OF_ONE));
        } catch (DDictException e) {
            return SentPuts.known(e);
        }
    }

    SentPuts sendAll(CallContext call, CollectedPuts puts, Refusals refusals) {
        call.forgetKey();
        int count = puts.count();
        int length = puts.offset(count);
        try {
            TcpChannel.Attachment target = channel.attached(call);
            RemoteCall request = channel.take(call, target.connection());
            ByteBuffer frame = request.begin(ShardFrame.PUT_ALL, 0, length);
            TcpChannel.fill(frame, call, target.shard(), (byte) 0, count);
            MemorySegment.copy(
                    puts.segment(), 0, request.request(), request.valueOffset(), length);
            long endNs = channel.send(call, target.connection(), request, null, null);
            return sent(new Sent(call, target.connection(), request, endNs, count, refusals));
        } catch (DDictException e) {
            return SentPuts.known(refuseAll(e, count, refusals));
        }
    }

    private static SentPuts sent(Sent sent) {
        return sent.connection.tryUnawaited() ? sent : SentPuts.known(sent.answer());
    }

    private static DDictException refuseAll(DDictException cause, int count, Refusals refusals) {
        for (int index = 0; index < count; index++) {
            refusals.refused(index, cause);
        }
        return cause;
    }

    // Where the rest is refused for one reason, that one is the same object for all.
    private static @Nullable DDictException readRefusals(RemoteCall reply, Refusals refusals) {
        try (DataInputStream in = reply.fields()) {
            DDictException rest =
                    in.readBoolean() ? (DDictException) CallFailure.read(in) : null;
            for (int left = in.readInt(); left > 0; left--) {
                int index = in.readInt();
                boolean isRest = in.readBoolean();
                DDictException cause =
                        isRest && rest != null ? rest : (DDictException) CallFailure.read(in);
                refusals.refused(index, cause);
            }
            return rest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A request whose reply is still to be taken. */
    private final class Sent implements SentPuts {
        private final TcpConnection connection;
        private final RemoteCall request;
        private final long endNs;
        private final int count;
        private final Refusals refusals;
        private final boolean hasKey;
        private final long hash;
        private final long timeoutNs;

        Sent(
                CallContext call, TcpConnection connection, RemoteCall request, long endNs,
                int count, Refusals refusals) {
            this.connection = connection;
            this.request = request;
            this.endNs = endNs;
            this.count = count;
            this.refusals = refusals;
            this.hasKey = call.hasKey();
            this.hash = hasKey ? call.hash() : 0;
            this.timeoutNs = call.deadline().timeoutNs();
        }

        @Override
        public boolean isKnown() {
            return request.isDone();
        }

        @Override
        public @Nullable DDictException await() {
            connection.endUnawaited();
            return answer();
        }

        @Override
        public void giveUp() {
            connection.endUnawaited();
            connection.giveBack(request);
        }

        @Nullable DDictException answer() {
            // The reply may have been there for long, and nobody has looked.
            long lookNs = System.nanoTime() + TcpConnection.GRACE_NS;
            connection.await(request, endNs - lookNs > 0 ? endNs : lookNs, false);
            try {
                RemoteCall reply =
                        request.isAnswered() ? request
                                : channel.answer(about(), connection, request);
                try {
                    return reply.replyLength() == 0 ? null : readRefusals(reply, refusals);
                } finally {
                    channel.end(reply);
                }
            } catch (DDictException e) {
                return refuseAll(e, count, refusals);
            }
        }

        // The context of the call is about another key by now.
        private CallContext about() {
            CallContext call = new CallContext();
            call.begin();
            if (hasKey) {
                call.hash(hash);
            }
            call.deadline().start(timeoutNs);
            return call;
        }
    }
}
