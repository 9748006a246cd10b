package io.ddict.client.channel.tcp;

import io.ddict.client.ClientProfile;
import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.SentPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.CallCounts;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.PartCodec;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ManagerFigures;
import io.ddict.client.protocol.ShardFrame;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * Every call is a request to the gateway of the manager's node, which makes the same call by a channel of
 * its own, that it keeps for this one: so what a manager holds for this client it holds for that link, and
 * gives back with it. A call's time is counted there; here it is waited a little longer, for the answer
 * that the time is over, which says what has happened.
 */

/** The channel to a manager on another machine, over TCP. */
public final class TcpChannel implements ShardChannel {
    private static final long KEYLESS_TIMEOUT_NS = Duration.ofSeconds(10).toNanos();
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);

    private final TcpNode node;
    private final String dictionary;
    private final int manager;
    private final CallCounts counts = CallCounts.ofThisProcess();
    private final TcpCoordination coordination;
    private final TcpBatches batches = new TcpBatches(this);
    private final WorkingSet workingSet;
    private final long hashSeed;
    private final ReentrantLock attaching = new ReentrantLock();
    // Changed under the lock.
    private volatile @Nullable Attachment attachment;
    private volatile long publishedCheckpoint = -1;
    private volatile boolean closed;
    // Guarded by this.
    private @Nullable Arena frozenViews;
    private boolean viewsEnded;

    private TcpChannel(TcpNode node, String dictionary, int manager, long timeoutNs) {
        this.node = node;
        this.dictionary = dictionary;
        this.manager = manager;
        this.coordination = new TcpCoordination(this);
        CallContext call = new CallContext();
        call.deadline().start(timeoutNs);
        Attachment made = attach(call);
        this.hashSeed = made.hashSeed;
        this.workingSet = made.workingSet;
        this.attachment = made;
        node.use();
    }

    private TcpChannel(TcpNode node, String dictionary, int manager, ShardChannel other) {
        this.node = node;
        this.dictionary = dictionary;
        this.manager = manager;
        this.coordination = new TcpCoordination(this);
        this.hashSeed = other.hashSeed();
        this.workingSet = other.workingSet();
        node.use();
    }

    /**
     * Opens the shard of a manager that cannot be reached now: each call tries to. Does not block.
     *
     * @param other of another manager of the dictionary
     */
    public static TcpChannel later(
            TcpNode node, String dictionary, int manager, ShardChannel other) {
        return new TcpChannel(node, dictionary, manager, other);
    }

    /**
     * Opens the shard of a manager on another machine. Blocks until it answers.
     *
     * @throws ManagerLostException if the service cannot be reached
     * @throws io.ddict.client.DestroyedException if there is no such dictionary
     */
    public static TcpChannel open(
            TcpNode node, String dictionary, int manager, Duration timeout) {
        return new TcpChannel(node, dictionary, manager, timeout.toNanos());
    }

    @Override
    public void record(CallKind kind, long lengthNs) {
        counts.record(kind, lengthNs);
    }

    @Override
    public ClientProfile.Manager profile() {
        checkOpen();
        return counts.profile(manager);
    }

    @Override
    public int manager() {
        return manager;
    }

    @Override
    public boolean isLocal() {
        return false;
    }

    @Override
    public WorkingSet workingSet() {
        return workingSet;
    }

    /** The node of its manager. */
    public TcpNode node() {
        return node;
    }

    /** Number by which others name what this has open at its node; empty while that cannot be reached. */
    public OptionalLong port() {
        Attachment known = attachment;
        return closed || known == null || known.connection.isLost()
                ? OptionalLong.empty()
                : OptionalLong.of(known.port);
    }

    /** A put that went by other nodes has had this outcome; null if it was stored. */
    public void putEnded(@Nullable DDictException refusal) {
        if (refusal == null) {
            endStaleViews();
        } else if (isRefusal(refusal.status())) {
            counts.countRefused();
        }
    }

    @Override
    public @Nullable Object get(CallContext call, ValueReader reader) {
        return get(call, ShardFrame.GET, reader);
    }

    @Override
    public @Nullable Object getNow(CallContext call, ValueReader reader) {
        return get(call, ShardFrame.GET_NOW, reader);
    }

    private @Nullable Object get(CallContext call, byte type, ValueReader reader) {
        RemoteCall reply = call(call, type, (byte) 0, 0);
        try {
            call.version(reply.first());
            return reply.outcome() == ShardFrame.NOTHING
                    ? null
                    : reader.read(reply.valueTag(), reply.reply(), 0, reply.replyLength());
        } finally {
            end(reply);
        }
    }

    // Overlapping reads have to be several threads' calls: each is one round trip.
    @Override
    public void preload(CallContext call, long[] hashes, int count) {
        checkOpen();
    }

    @Override
    public long get(CallContext call, MemorySegment buffer) {
        Attachment target = attached(call);
        RemoteCall request = begin(
                call, target, ShardFrame.GET, (byte) 0, 0, 0, false);
        request.readTo(buffer);
        RemoteCall reply = exchange(call, target.connection, request);
        try {
            call.version(reply.first());
            if (reply.outcome() == ShardFrame.NOTHING) {
                return -1;
            }
            long length = reply.replyLength();
            if (length > buffer.byteSize()) {
                throw new IllegalArgumentException(
                        "buffer too short: valueLength="
                                + length
                                + "B, bufferLength="
                                + buffer.byteSize()
                                + "B");
            }
            if (!reply.wentStraight()) {
                MemorySegment.copy(reply.reply(), 0, buffer, 0, length);
            }
            return length;
        } finally {
            end(reply);
        }
    }

    /** As the interface says, but that the bytes are a copy which nobody changes. */
    @Override
    public <R extends @Nullable Object> @Nullable R view(
            CallContext call, Function<MemorySegment, R> function) {
        RemoteCall reply = call(call, ShardFrame.GET, (byte) 0, 0);
        try {
            call.version(reply.first());
            return reply.outcome() == ShardFrame.NOTHING
                    ? null
                    : function.apply(
                            reply.reply().asSlice(0, reply.replyLength()).asReadOnly());
        } finally {
            end(reply);
        }
    }

    @Override
    public boolean isFrozen() {
        RemoteCall reply = callKeyless(keyless(), ShardFrame.IS_FROZEN, (byte) 0, 0);
        try {
            return reply.first() != 0;
        } finally {
            end(reply);
        }
    }

    @Override
    public void requireWritable(CallContext call) {
        end(call(call, ShardFrame.REQUIRE_WRITABLE, (byte) 0, 0));
    }

    /**
     * As the interface says, but that it is a copy in this process's memory, which ends when this process
     * unfreezes or closes the dictionary; that others unfreeze it is not noticed.
     */
    @Override
    public @Nullable MemorySegment frozenView(CallContext call) {
        RemoteCall reply = call(call, ShardFrame.FROZEN_VIEW, (byte) 0, 0);
        try {
            return reply.outcome() == ShardFrame.NOTHING
                    ? null
                    : frozenCopy(reply.reply().asSlice(0, reply.replyLength()));
        } finally {
            end(reply);
        }
    }

    private synchronized MemorySegment frozenCopy(MemorySegment bytes) {
        if (viewsEnded) {
            throw closedError();
        }
        Arena arena = frozenViews;
        if (arena == null) {
            arena = Arena.ofShared();
            frozenViews = arena;
        }
        return arena.allocate(bytes.byteSize(), Long.BYTES).copyFrom(bytes).asReadOnly();
    }

    @Override
    public synchronized void closeFrozenViews() {
        Arena arena = frozenViews;
        if (arena != null) {
            try {
                arena.close();
                frozenViews = null;
            } catch (IllegalStateException e) {
                // A socket or file reads from a view; the next call tries again.
            }
        }
    }

    @Override
    public synchronized void endFrozenViews() {
        closeFrozenViews();
        if (frozenViews != null) {
            throw new IllegalStateException(
                    "handle cannot be closed while a channel reads from a view of its frozen"
                            + " dictionary: dictionary="
                            + dictionary
                            + "; close it again afterwards");
        }
        viewsEnded = true;
    }

    @Override
    public boolean contains(CallContext call) {
        RemoteCall reply = call(call, ShardFrame.CONTAINS, (byte) 0, 0);
        try {
            call.version(reply.first());
            if (reply.outcome() == ShardFrame.NOTHING) {
                return false;
            }
            try (DataInputStream in = reply.fields()) {
                readFound(in, call.found());
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            end(reply);
        }
    }

    static void readFound(DataInputStream in, FoundRecord found) throws IOException {
        found.ordinal = in.readInt();
        found.generation = in.readLong();
        found.offset = in.readLong();
        found.valueOffset = in.readLong();
        found.valueLength = in.readLong();
        found.valueTag = in.readByte();
        found.version = in.readLong();
        found.expiresMs = in.readLong();
    }

    @Override
    public <T> boolean valueEquals(CallContext call, Codec<T> codec, T value) {
        RemoteCall reply = call(call, ShardFrame.VALUE_EQUALS, (byte) 0, 0, codec, value);
        try {
            call.version(reply.second());
            return reply.first() != 0;
        } finally {
            end(reply);
        }
    }

    @Override
    public <T> void put(CallContext call, Codec<T> codec, T value, boolean persistent) {
        endStaleViews();
        byte flags = persistent ? ShardFrame.PERSISTENT : 0;
        end(call(call, ShardFrame.PUT, flags, 0, codec, value));
    }

    // It is accepted, so the freeze is over, whoever ended it.
    private void endStaleViews() {
        if (frozenViews != null) {
            closeFrozenViews();
        }
    }

    @Override
    public <T> SentPuts send(CallContext call, Codec<T> codec, T value, long valueLength) {
        return batches.send(call, codec, value, valueLength);
    }

    @Override
    public SentPuts sendAll(CallContext call, CollectedPuts puts, Refusals refusals) {
        return batches.sendAll(call, puts, refusals);
    }

    @Override
    public <T> long putIf(CallContext call, Codec<T> codec, T value, long version) {
        return number(call(call, ShardFrame.PUT_IF, (byte) 0, version, codec, value));
    }

    @Override
    public boolean removeIf(CallContext call, long version) {
        return number(call(call, ShardFrame.REMOVE_IF, (byte) 0, version)) != 0;
    }

    @Override
    public long getAndAdd(CallContext call, long delta) {
        return number(call(call, ShardFrame.GET_AND_ADD, (byte) 0, delta));
    }

    @Override
    public <T> void awaitValue(CallContext call, Codec<T> codec, T value) {
        end(call(call, ShardFrame.AWAIT_VALUE, (byte) 0, 0, codec, value));
    }

    @Override
    public Coordination coordination() {
        return coordination;
    }

    @Override
    public long newestCheckpoint(CallContext call) {
        return number(callKeyless(call, ShardFrame.NEWEST, (byte) 0, 0));
    }

    @Override
    public void publishCheckpoint(long checkpoint) {
        if (workingSet.waitsForWriters()) {
            publishedCheckpoint = checkpoint;
            tell(ShardFrame.PUBLISH, checkpoint);
        }
    }

    /** Tells the manager something that is not answered; silent if it cannot be reached. */
    void tell(byte type, long operand) {
        Attachment target = attachment;
        if (!closed && target != null && !target.connection.isLost()) {
            target.connection.tell(type, target.shard, operand);
        }
    }

    @Override
    public long size(CallContext call) {
        return number(callKeyless(call, ShardFrame.SIZE, (byte) 0, 0));
    }

    @Override
    public void clear(CallContext call) {
        end(callKeyless(call, ShardFrame.CLEAR, (byte) 0, 0));
    }

    @Override
    public ShardCursor cursor(CallContext call) {
        RemoteCall reply = callKeyless(call, ShardFrame.CURSOR, (byte) 0, 0);
        try {
            return new TcpCursor(
                    this, call.checkpoint(), reply.first(), (int) reply.second(),
                    call.deadline().timeoutNs());
        } finally {
            end(reply);
        }
    }

    @Override
    public DDictStats.Manager figures() {
        RemoteCall reply = callKeyless(keyless(), ShardFrame.FIGURES, (byte) 0, 0);
        try (DataInputStream in = reply.fields()) {
            return ManagerFigures.read(manager, in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            end(reply);
        }
    }

    @Override
    public long hashSeed() {
        return hashSeed;
    }

    @Override
    public void close() {
        if (!closed) {
            endFrozenViews();
            tell(ShardFrame.DETACH, 0);
            closed = true;
            node.release();
        }
    }

    // For calls that come without a time.
    private static CallContext keyless() {
        CallContext call = new CallContext();
        call.begin();
        call.deadline().start(KEYLESS_TIMEOUT_NS);
        return call;
    }

    private long number(RemoteCall reply) {
        long number = reply.first();
        end(reply);
        return number;
    }

    /** Makes a call about the context's key. */
    RemoteCall call(CallContext call, byte type, byte flags, long operand) {
        return call(call, type, flags, operand, EMPTY);
    }

    /** Makes a call about no key. */
    RemoteCall callKeyless(CallContext call, byte type, byte flags, long operand) {
        call.forgetKey();
        return call(call, type, flags, operand, EMPTY);
    }

    /** Makes a call with bytes that are a value's, or stand for one. */
    RemoteCall call(
            CallContext call, byte type, byte flags, long operand, MemorySegment bytes) {
        Attachment target = attached(call);
        RemoteCall request = begin(
                call, target, type, flags, operand, bytes.byteSize(), false);
        MemorySegment.copy(
                bytes, 0, request.request(), request.valueOffset(), bytes.byteSize());
        return exchange(call, target.connection, request);
    }

    /** Makes a call about the context's key with a value. */
    <T> RemoteCall call(
            CallContext call, byte type, byte flags, long operand, Codec<T> codec, T value) {
        return call(
                call, type, flags, operand, codec, value, codec.prepare(value, call.scratch()));
    }

    /** As the other, of a value whose length is known. */
    <T> RemoteCall call(
            CallContext call, byte type, byte flags, long operand, Codec<T> codec, T value,
            long valueLength) {
        if (valueLength > ShardFrame.VALUE_MAX) {
            throw new IllegalArgumentException(
                    "value too long for another machine: valueLength=" + valueLength
                            + "B, valueLengthMax=" + ShardFrame.VALUE_MAX + "B; cut it");
        }
        while (true) {
            Attachment target = attached(call);
            RemoteCall request = begin(
                    call, target, type, flags, operand, valueLength,
                    codec instanceof PartCodec<T>);
            request.request().set(ValueLayout.JAVA_BYTE, ShardFrame.VALUE_TAG, codec.tag());
            RemoteCall reply = exchange(call, target.connection, request, codec, value);
            if (reply.outcome() != ShardFrame.AGAIN) {
                return reply;
            }
            end(reply);
        }
    }

    /** Takes a place on the connection, and begins a request about the context's key. */
    RemoteCall begin(
            CallContext call, Attachment target, byte type, byte flags, long operand,
            long valueLength, boolean inParts) {
        KeyBytes key = call.key();
        int keyLength = call.hasKey() ? key.length() : 0;
        RemoteCall request = take(call, target.connection);
        ByteBuffer frame = request.begin(type, keyLength, valueLength, inParts);
        fill(frame, call, target.shard, flags, operand);
        if (call.hasKey()) {
            frame.putLong(ShardFrame.HASH, call.hash());
            frame.put(ShardFrame.KEY_TAG, key.tag());
            request.writeKey(key.array(), key.offset(), keyLength);
        }
        return request;
    }

    /** Writes what a request says of its call. */
    static void fill(
            ByteBuffer frame, CallContext call, int shard, byte flags, long operand) {
        int others = call.deadline().isForOthers() ? ShardFrame.FOR_OTHERS : 0;
        frame.putInt(ShardFrame.SHARD, shard);
        frame.put(ShardFrame.FLAGS, (byte) (flags | others));
        frame.putLong(ShardFrame.OPERAND, operand);
        frame.putLong(ShardFrame.CHECKPOINT, call.checkpoint());
        frame.putLong(ShardFrame.TIMEOUT, call.deadline().unspentNs());
    }

    /** Takes a place on the connection. */
    RemoteCall take(CallContext call, TcpConnection connection) {
        RemoteCall taken = connection.take(call.deadline());
        if (taken == null) {
            throw noted(call, new DDictTimeoutException(
                    "time over: too many calls of this process on one node service: callsMax="
                            + TcpConnection.CALLS_MAX + ", " + node));
        }
        return taken;
    }

    private RemoteCall exchange(
            CallContext call, TcpConnection connection, RemoteCall request) {
        return exchange(call, connection, request, null, null);
    }

    private <T> RemoteCall exchange(
            CallContext call, TcpConnection connection, RemoteCall request,
            @Nullable Codec<T> codec, @Nullable T value) {
        long endNs = send(call, connection, request, codec, value);
        // An attachment is no wait, and one that was interrupted is of no use to others.
        boolean isForOthers =
                call.deadline().isForOthers() && request.type() != ShardFrame.ATTACH;
        connection.await(request, endNs, isForOthers);
        return answer(call, connection, request);
    }

    /** Sends a request; until when its reply is to be waited for. If it fails its place is given back. */
    <T> long send(
            CallContext call, TcpConnection connection, RemoteCall request,
            @Nullable Codec<T> codec, @Nullable T value) {
        long endNs =
                System.nanoTime() + call.deadline().unspentNs() + TcpConnection.GRACE_NS;
        boolean sent = false;
        try {
            sent = connection.send(call, request, codec, value, endNs);
        } finally {
            if (!sent) {
                connection.giveBack(request);
            }
        }
        if (!sent) {
            throw noted(call, noRequestError(call));
        }
        return endNs;
    }

    /**
     * A request that was waited for, whose reply is an answer. If there is none, or it is a failure, that is
     * thrown, and its place given back.
     */
    RemoteCall answer(CallContext call, TcpConnection connection, RemoteCall request) {
        boolean answered = false;
        try {
            if (!request.isDone()) {
                // What it would answer later nobody takes: what it gives is to go back.
                connection.lose();
                throw noted(call, new DDictTimeoutException(
                        "time over: the node service did not answer: timeout="
                                + call.deadline().timeoutMs() + "ms, " + node
                                + "; whether it handled the request is not known"));
            }
            if (request.isLost()) {
                throw noted(call, lostError(connection));
            }
            if (request.outcome() == ShardFrame.FAILED) {
                throw failure(request);
            }
            answered = true;
            return request;
        } finally {
            if (!answered) {
                connection.giveBack(request);
            }
        }
    }

    private RuntimeException failure(RemoteCall reply) {
        try (DataInputStream in = reply.fields()) {
            RuntimeException failure = CallFailure.read(in);
            if (failure instanceof DDictException e && isRefusal(e.status())) {
                counts.countRefused();
            }
            return failure;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isRefusal(DDictException.Status status) {
        return switch (status) {
            case FULL, TIMEOUT, FROZEN, RETIRED, FUTURE -> true;
            default -> false;
        };
    }

    private DDictTimeoutException noRequestError(CallContext call) {
        return new DDictTimeoutException(
                "time over: the node service took no request: timeout="
                        + call.deadline().timeoutMs() + "ms, " + node);
    }

    private ManagerLostException lostError(TcpConnection connection) {
        return new ManagerLostException(
                (connection.fellSilent()
                        ? "node service does not answer any more: manager="
                        : "connection to the node service was lost: manager=")
                        + manager + ", dictionary=" + dictionary + ", " + node
                        + "; whether the call was carried out is not known");
    }

    private <E extends DDictException> E noted(CallContext call, E error) {
        error.noteCall(
                call.hasKey() ? OptionalLong.of(call.hash()) : OptionalLong.empty(), manager,
                Duration.ofNanos(call.deadline().timeoutNs()));
        return error;
    }

    /** Ends a call whose reply was read. */
    void end(RemoteCall reply) {
        reply.connection().giveBack(reply);
    }

    private void checkOpen() {
        if (closed) {
            throw closedError();
        }
    }

    private IllegalStateException closedError() {
        return new IllegalStateException(
                "handle is closed: dictionary=" + dictionary + ", manager=" + manager);
    }

    /** What is open at the other end, opened again if its connection was lost. */
    Attachment attached(CallContext call) {
        checkOpen();
        Attachment known = attachment;
        return known == null || known.connection.isLost() ? attachAgain(call) : known;
    }

    // Others that attach, too, are waited for no longer than the call may take; whatever all that takes is
    // the call's own time.
    private Attachment attachAgain(CallContext call) {
        long startNs = System.nanoTime();
        boolean locked = Locks.tryLock(attaching, call.deadline().unspentNs());
        try {
            long _ = call.deadline().spendSince(startNs);
            if (!locked) {
                throw noted(call, noRequestError(call));
            }
            Attachment known = attachment;
            return known != null && !known.connection.isLost()
                    ? known
                    : attachInstead(call, known);
        } finally {
            if (locked) {
                attaching.unlock();
            }
        }
    }

    private Attachment attachInstead(CallContext call, @Nullable Attachment known) {
        Attachment made = attach(call);
        if (known == null ? made.hashSeed != hashSeed : made.instance != known.instance) {
            throw noted(call, new ManagerLostException(
                    "manager ended: manager=" + manager + ", dictionary=" + dictionary + ", "
                            + node + "; attach again, to what runs there now"));
        }
        if (publishedCheckpoint >= 0) {
            made.connection.tell(ShardFrame.PUBLISH, made.shard, publishedCheckpoint);
        }
        attachment = made;
        return made;
    }

    private Attachment attach(CallContext call) {
        long startNs = System.nanoTime();
        TcpConnection connection = connected(call);
        startNs = call.deadline().spendSince(startNs);
        try {
            return attach(call, connection);
        } finally {
            long _ = call.deadline().spendSince(startNs);
        }
    }

    private TcpConnection connected(CallContext call) {
        try {
            return node.connection(call.deadline().unspentNs());
        } catch (ManagerLostException e) {
            throw noted(call, e);
        }
    }

    private Attachment attach(CallContext call, TcpConnection connection) {
        byte[] name = Fields.bytes(out -> Fields.writeText(out, dictionary));
        RemoteCall request = take(call, connection);
        ByteBuffer frame = request.begin(ShardFrame.ATTACH, 0, name.length);
        fill(frame, call, 0, (byte) 0, manager);
        MemorySegment.copy(
                MemorySegment.ofArray(name), 0, request.request(), request.valueOffset(),
                name.length);
        RemoteCall reply = exchange(call, connection, request);
        try (DataInputStream in = reply.fields()) {
            return new Attachment(
                    connection, in.readInt(), in.readLong(), in.readLong(), in.readLong(),
                    new WorkingSet(in.readInt(), in.readBoolean(), in.readBoolean()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            connection.giveBack(reply);
        }
    }

    /**
     * What the other end says to who attaches.
     *
     * @param port number of the shard as this client has it open, among all that the service has
     * @param instance of the service: another one has another shard of this name
     */
    record Attachment(
            TcpConnection connection, int shard, long port, long instance, long hashSeed,
            WorkingSet workingSet) {}
}
