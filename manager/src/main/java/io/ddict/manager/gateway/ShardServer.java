package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.BlockPut;
import io.ddict.client.channel.shm.HeldValue;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.node.Heartbeats;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ShardFrame;
import io.ddict.manager.gateway.ShardAccess.OpenShard;
import io.ddict.store.pool.WorkingSet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * Most operations take a microsecond or two, and are done on the event loop: reads, puts where there is
 * room. They get a brief deadline; what would have to wait longer begins again on a virtual thread, as do
 * all others from the start. Operations that have to keep their order are not sent before those ahead of
 * them are answered, so it is kept whatever thread does them.
 *
 * A connection is not read while its values wait for their places, too many of its operations run, or its
 * replies are not taken. It gets beats unasked meanwhile.
 */

/** Serves one client's operations on shards. On its event loop, but for what says otherwise. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class ShardServer extends ChannelInboundHandlerAdapter implements FrameInput.Receiver {
    /**
     * Most operations of a connection that wait; more are not read. A client has half as many, so that none
     * of them waits for a part that is not read.
     */
    static final int CALLS_MAX = 1024;

    /** Most shards that a connection has open. */
    static final int SHARDS_MAX = 65_536;

    // Shorter ones are padded by the client's grace: its answer tells that the time is over.
    private static final long VALUE_GRACE_NS = 1_000_000_000L;

    private final Doorkeeper doorkeeper;
    private final ShardAccess access;
    private final long instance;
    private final ShardPorts allPorts;
    private final PeerNodes peers;
    private final Channel channel;
    private final FrameInput input;
    private final Map<Integer, ShardPort> ports = new HashMap<>();
    private final Map<Long, Thread> running = new HashMap<>();
    private final Map<Long, IncomingValue> incoming = new HashMap<>();
    private final ShardCall quick;
    private final Vigil vigil;
    private int lastShard;
    private boolean valueWaits;
    private @Nullable Future<?> beats;
    private volatile boolean gone;

    ShardServer(
            ChannelHandlerContext context, Doorkeeper doorkeeper, ShardAccess access,
            long instance, ShardPorts allPorts, PeerNodes peers) {
        this.doorkeeper = doorkeeper;
        this.access = access;
        this.instance = instance;
        this.allPorts = allPorts;
        this.peers = peers;
        this.channel = context.channel();
        this.input = new FrameInput(this, channel.alloc());
        this.quick = new ShardCall(new ShardReply(channel));
        this.vigil = new Vigil(channel.eventLoop());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        input.add((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
        updateReading();
        if (incoming.isEmpty() || valueWaits) {
            vigil.end();
        } else {
            vigil.keep();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        updateReading();
    }

    private void updateReading() {
        boolean reads = !valueWaits && !isFull() && channel.isWritable();
        channel.config().setAutoRead(reads);
        if (!reads && beats == null) {
            long intervalMs = Heartbeats.interval().toMillis();
            beats = channel.eventLoop().scheduleAtFixedRate(
                    this::beatUnasked, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
        } else if (reads) {
            stopBeats();
        }
        if (valueWaits || isFull()) {
            input.pause();
        } else {
            input.resume();
        }
    }

    private boolean isFull() {
        return running.size() >= CALLS_MAX;
    }

    private void stopBeats() {
        if (beats != null) {
            beats.cancel(false);
            beats = null;
        }
    }

    private void beatUnasked() {
        answerBeat();
        channel.flush();
    }

    private void beat() {
        ByteBuf frame = channel.alloc().directBuffer(ShardFrame.HEADER_LENGTH);
        frame.writeZero(ShardFrame.HEADER_LENGTH);
        frame.setIntLE(0, ShardFrame.MAGIC | ShardFrame.BEAT << 24);
        CRC32C checksum = new CRC32C();
        checksum.update(frame.internalNioBuffer(0, ShardFrame.CRC));
        frame.setIntLE(ShardFrame.CRC, (int) checksum.getValue());
        channel.write(frame, channel.voidPromise());
    }

    @Override
    public boolean onFrame(ByteBuf frame, int base, int payloadLength) {
        switch (frame.getByte(base + ShardFrame.TYPE)) {
            case ShardFrame.BEAT -> answerBeat();
            case ShardFrame.CANCEL -> cancel(
                    frame.getLongLE(base + ShardFrame.CORRELATION),
                    frame.getByte(base + ShardFrame.FLAGS));
            default -> {
                return quick.read(frame, base, payloadLength)
                        && onCall(frame, base, payloadLength);
            }
        }
        return true;
    }

    // Who takes nothing needs no beat.
    private void answerBeat() {
        if (channel.isWritable()) {
            beat();
        }
    }

    private void cancel(long correlation, byte flags) {
        Thread thread = running.get(correlation);
        if (thread != null) {
            thread.interrupt();
        }
        IncomingValue value = incoming.get(correlation);
        if (value != null && (flags & ShardFrame.ABANDONED) != 0) {
            incoming.remove(correlation);
            value.fail();
        }
    }

    private boolean onCall(ByteBuf frame, int base, int payloadLength) {
        if (quick.type() == ShardFrame.ATTACH) {
            return attach(frame, base, payloadLength);
        }
        if (quick.type() == ShardFrame.BROADCAST) {
            return broadcast(frame, base, payloadLength);
        }
        ShardPort port = ports.get(quick.shard());
        switch (quick.type()) {
            case ShardFrame.DETACH -> {
                if (port != null) {
                    ports.remove(quick.shard());
                    port.detach();
                }
            }
            case ShardFrame.PUBLISH -> {
                if (port != null && quick.operand() >= 0
                        && quick.operand() <= WorkingSet.CHECKPOINT_MAX) {
                    port.channel().publishCheckpoint(quick.operand());
                }
            }
            case ShardFrame.WORKS_ON -> {
                if (port != null) {
                    port.channel().coordination().worksOn(quick.operand());
                }
            }
            default -> {
                return port == null
                        ? refuse(quick)
                        : run(port, frame, base, payloadLength);
            }
        }
        return true;
    }

    private static boolean refuse(ShardCall call) {
        if (call.isValueComing()) {
            // It comes all the same, for nobody.
            return false;
        }
        call.reply().failure(
                new IllegalStateException("handle is closed: shard=" + call.shard()));
        call.reply().send();
        return true;
    }

    private boolean run(ShardPort port, ByteBuf frame, int base, int payloadLength) {
        if (quick.isQuick(port.channel().workingSet())) {
            quick.value(inlineValue(quick, frame, base));
            if (quick.tryRun(port.channel())) {
                answerQuick(port);
                return true;
            }
            quick.reply().drop();
        }
        ShardCall call = new ShardCall(new ShardReply(channel));
        if (!call.read(frame, base, payloadLength) || running.containsKey(call.correlation())) {
            return false;
        }
        if (call.isBlockPut(port.channel().workingSet()) && beginBlockPut(port, call)) {
            return true;
        }
        ByteBuf kept = null;
        if (call.isValueComing()) {
            call.value(comingValue(call));
        } else {
            IncomingValue value = inlineValue(call, frame, base);
            kept = value.inline().retain();
            call.value(value);
        }
        start(port, call, kept, call::runWaiting);
        return true;
    }

    private boolean beginBlockPut(ShardPort port, ShardCall call) {
        BlockPut put = call.tryBeginPut(port.channel());
        if (put == null) {
            return false;
        }
        begin(port);
        long limitMs =
                TimeUnit.NANOSECONDS.toMillis(call.timeoutNs() + VALUE_GRACE_NS);
        Future<?> limit = channel.eventLoop().schedule(
                () -> giveUp(call.correlation()), limitMs, TimeUnit.MILLISECONDS);
        IncomingValue[] value = new IncomingValue[1];
        value[0] = IncomingValue.to(put.value(), call.valueTag(), () -> {
            limit.cancel(false);
            endBlockPut(port, call, value[0].isWhole());
        });
        incoming.put(call.correlation(), value[0]);
        return true;
    }

    private boolean broadcast(ByteBuf frame, int base, int payloadLength) {
        ShardCall call = new ShardCall(new ShardReply(channel));
        if (!call.read(frame, base, payloadLength) || !call.isValueComing()
                || running.containsKey(call.correlation())) {
            return false;
        }
        byte[] branch = new byte[call.branchLength()];
        frame.getBytes(base + ShardFrame.HEADER_LENGTH + call.keyLength(), branch);
        call.value(comingValue(call));
        BroadcastRelay relay = new BroadcastRelay(call, allPorts, peers);
        Thread thread = Thread.ofVirtual().name("ddict-gateway-broadcast").unstarted(() -> {
            try {
                relay.run(branch);
            } finally {
                finish(() -> {
                    discardRest(call);
                    answer(call.correlation(), call.reply());
                });
            }
        });
        running.put(call.correlation(), thread);
        thread.start();
        return true;
    }

    // Its value goes nowhere from now on.
    private void giveUp(long correlation) {
        IncomingValue value = incoming.get(correlation);
        if (value != null) {
            value.fail();
        }
    }

    private void endBlockPut(ShardPort port, ShardCall call, boolean isWhole) {
        if (!isWhole) {
            call.abandonPut(port.channel());
            finish(call.reply());
            port.end();
        } else if (gone || call.tryFinishPut(port.channel())) {
            finish(call.reply());
            port.end();
        } else {
            start(port, call, null, call::finishPut);
            port.end();
        }
    }

    // None of this connection's is detached while it is found here, but by this thread.
    private static void begin(ShardPort port) {
        if (!port.tryBegin()) {
            throw new IllegalStateException("shard was given back: port=" + port.number());
        }
    }

    private void answerQuick(ShardPort port) {
        HeldValue held = quick.held();
        if (held == null) {
            quick.reply().send();
            return;
        }
        ShardReply reply = new ShardReply(channel);
        reply.begin(quick.correlation());
        begin(port);
        ValueSender.send(channel, reply, held, port::end);
    }

    private static IncomingValue inlineValue(ShardCall call, ByteBuf frame, int base) {
        int start = base + ShardFrame.HEADER_LENGTH + call.keyLength();
        return IncomingValue.there(
                call.valueTag(), frame.slice(start, (int) call.valueLength()));
    }

    private IncomingValue comingValue(ShardCall call) {
        long endNs = System.nanoTime() + call.timeoutNs() + VALUE_GRACE_NS;
        IncomingValue value = IncomingValue.coming(
                call.valueTag(), call.valueLength(), channel.eventLoop(), this::onTarget, endNs);
        incoming.put(call.correlation(), value);
        return value;
    }

    private void onTarget() {
        valueWaits = false;
        updateReading();
    }

    @Override
    public @Nullable IncomingValue value(long correlation) {
        return incoming.get(correlation);
    }

    @Override
    public void onNotReady() {
        valueWaits = true;
        input.pause();
    }

    @Override
    public void onWhole(IncomingValue value) {
        incoming.values().remove(value);
    }

    private void start(
            ShardPort port, ShardCall call, @Nullable ByteBuf kept, Consumer<ShmChannel> body) {
        begin(port);
        Thread thread = Thread.ofVirtual().name("ddict-gateway-call").unstarted(() -> {
            try {
                body.accept(port.channel());
            } finally {
                finish(() -> end(port, call, kept));
            }
        });
        running.put(call.correlation(), thread);
        thread.start();
    }

    // Where the event loop has ended nobody is left to be told.
    private void finish(Runnable end) {
        try {
            channel.eventLoop().execute(() -> {
                try {
                    end.run();
                } catch (RuntimeException | Error e) {
                    // Its client would wait for an answer that does not come.
                    channel.close();
                    throw e;
                }
            });
        } catch (RejectedExecutionException e) {
            gone = true;
        }
    }

    private void end(ShardPort port, ShardCall call, @Nullable ByteBuf kept) {
        running.remove(call.correlation());
        if (kept != null) {
            kept.release();
        }
        discardRest(call);
        HeldValue held = call.held();
        if (held == null) {
            finish(call.reply());
            port.end();
        } else {
            ValueSender.send(channel, call.reply(), held, port::end);
        }
        updateReading();
    }

    private void discardRest(ShardCall call) {
        IncomingValue value = incoming.get(call.correlation());
        if (value != null) {
            value.discard();
        }
    }

    private void finish(ShardReply reply) {
        if (gone) {
            reply.drop();
        } else {
            reply.send();
            channel.flush();
        }
    }

    private boolean attach(ByteBuf frame, int base, int payloadLength) {
        if (quick.isValueComing() || ports.size() >= SHARDS_MAX
                || running.containsKey(quick.correlation())) {
            return false;
        }
        byte[] fields = new byte[payloadLength];
        frame.getBytes(base + ShardFrame.HEADER_LENGTH, fields);
        int manager = (int) quick.operand();
        long correlation = quick.correlation();
        Thread thread = Thread.ofVirtual().name("ddict-gateway-attach")
                .unstarted(() -> attach(correlation, fields, manager));
        running.put(correlation, thread);
        thread.start();
        return true;
    }

    // On a thread of its own.
    private void attach(long correlation, byte[] fields, int manager) {
        ShardReply reply = new ShardReply(channel);
        reply.begin(correlation);
        allPorts.begin();
        try {
            OpenShard opened = access.open(name(fields), manager, () -> gone);
            try {
                channel.eventLoop().execute(() -> attached(correlation, opened, reply));
            } catch (RejectedExecutionException e) {
                allPorts.close(opened);
            }
        } catch (IOException | RuntimeException | Error e) {
            allPorts.giveUp();
            reply.failure(e);
            finish(() -> answer(correlation, reply));
        }
    }

    private static String name(byte[] fields) throws IOException {
        return Fields.readText(new DataInputStream(new ByteArrayInputStream(fields)));
    }

    private void attached(long correlation, OpenShard opened, ShardReply reply) {
        ShardPort port = allPorts.open(opened);
        if (gone) {
            port.detach();
            running.remove(correlation);
            return;
        }
        int shard = ++lastShard;
        ports.put(shard, port);
        ShmChannel shm = opened.channel();
        WorkingSet workingSet = shm.workingSet();
        reply.fields(out -> {
            out.writeInt(shard);
            out.writeLong(port.number());
            out.writeLong(instance);
            out.writeLong(shm.hashSeed());
            out.writeInt(workingSet.size());
            out.writeBoolean(workingSet.waitsForKeys());
            out.writeBoolean(workingSet.waitsForWriters());
        });
        answer(correlation, reply);
    }

    private void answer(long correlation, ShardReply reply) {
        running.remove(correlation);
        finish(reply);
        updateReading();
    }

    @Override
    public void onMalformed() {
        doorkeeper.malformed.increment();
        channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone = true;
        vigil.end();
        stopBeats();
        input.close();
        List.copyOf(incoming.values()).forEach(IncomingValue::fail);
        incoming.clear();
        running.values().forEach(Thread::interrupt);
        quick.reply().drop();
        ports.values().forEach(ShardPort::detach);
        ports.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // The end of a connection, by whatever name the socket calls it.
        context.close();
    }
}
