package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Request;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/*
 * What all handles of one attachment share: the channels, by manager; the codecs; the key hash. The
 * seed of the hash is the dictionary's, so any of its pools can tell it.
 */

/** An attached dictionary. Safe from any thread. */
final class OpenDictionary implements AutoCloseable {
    private static final ThreadLocal<CallContext> CALLS = ThreadLocal.withInitial(CallContext::new);

    private final NodeConnection connection;
    private final DictionaryLocation location;
    private final Codecs codecs;
    private final ShardChannel[] channels;
    private final int[] linkIds;
    private final AtomicReferenceArray<@Nullable CollectedPuts> collected;
    private final KeyHash keyHash;
    private final Values values;
    private final Keys keys;
    private volatile long checkpoint;
    private volatile boolean closed;
    private boolean released;

    private OpenDictionary(
            NodeConnection connection,
            DictionaryLocation location,
            Codecs codecs,
            ShardChannel[] channels,
            int[] linkIds) {
        this.connection = connection;
        this.location = location;
        this.codecs = codecs;
        this.channels = channels;
        this.linkIds = linkIds;
        this.collected = new AtomicReferenceArray<>(channels.length);
        this.keyHash = new KeyHash(channels[0].hashSeed());
        this.values = new Values(codecs);
        this.keys = new Keys(codecs);
    }

    static OpenDictionary open(
            NodeConnection connection, DictionaryLocation location, Codecs codecs) {
        int managers = location.poolDirectories().size();
        int[] linkIds = new int[managers];
        List<ShardChannel> channels = new ArrayList<>();
        boolean opened = false;
        try {
            for (int manager = 0; manager < managers; manager++) {
                linkIds[manager] = link(connection, location.name(), manager);
                channels.add(
                        new ShmChannel(
                                manager,
                                location.poolDirectories().get(manager),
                                linkIds[manager],
                                connection::isLost));
            }
            opened = true;
        } catch (IOException | PoolDamagedException e) {
            throw new DDictException(
                    DDictException.Status.DAMAGED,
                    "memory pool cannot be mapped: dictionary=" + location.name() + ": "
                            + e.getMessage(),
                    e);
        } finally {
            if (!opened) {
                channels.forEach(ShardChannel::close);
                unlink(connection, location.name(), linkIds);
            }
        }
        return new OpenDictionary(
                connection, location, codecs, channels.toArray(ShardChannel[]::new), linkIds);
    }

    /** Begins a call on a key. */
    CallContext start(Object key, long timeoutNs) {
        CallContext call = start(timeoutNs);
        KeyBytes bytes = call.key();
        codecs.encodeKey(key, bytes);
        call.hash(keyHash.of(bytes.array(), bytes.offset(), bytes.length(), bytes.tag()));
        return call;
    }

    /** Begins a call that concerns no key. */
    CallContext start(long timeoutNs) {
        checkOpen();
        CallContext call = CALLS.get();
        call.deadline().start(timeoutNs);
        call.checkpoint(checkpoint);
        return call;
    }

    /** The channel to the manager of the call's key. */
    ShardChannel channel(CallContext call) {
        return channels[manager(call)];
    }

    /** The manager of the call's key. */
    int manager(CallContext call) {
        return channels.length == 1 ? 0 : KeyHash.manager(call.hash(), channels.length);
    }

    /** Space for a manager's part of a batch; what an earlier batch gave back, if there is one. */
    CollectedPuts collectedPuts(int manager) {
        CollectedPuts kept = collected.getAndSet(manager, null);
        return kept != null ? kept : new CollectedPuts();
    }

    /** Keeps the space of a batch that has ended for the next one. */
    void giveBack(int manager, CollectedPuts puts) {
        collected.set(manager, puts);
    }

    ShardChannel[] channels() {
        checkOpen();
        return channels;
    }

    Codecs codecs() {
        return codecs;
    }

    Values values() {
        return values;
    }

    Keys keys() {
        return keys;
    }

    long checkpoint() {
        return checkpoint;
    }

    /** Goes to another checkpoint, for all handles of this attachment. */
    synchronized void checkpoint(long next) {
        if (next < 0 || next > WorkingSet.CHECKPOINT_MAX) {
            throw new IllegalArgumentException(
                    "checkpoint is not in 0.."
                            + WorkingSet.CHECKPOINT_MAX
                            + ": checkpoint="
                            + next);
        }
        checkOpen();
        checkpoint = next;
        for (ShardChannel channel : channels) {
            channel.publishCheckpoint(next);
        }
    }

    /** Goes so many checkpoints on, or back, but not below 0; returns where it is then. */
    synchronized long move(long steps) {
        checkpoint(Math.max(0, checkpoint + steps));
        return checkpoint;
    }

    String name() {
        return location.name();
    }

    String serialize() {
        return Handles.text(connection.cluster(), location.name());
    }

    void destroy() {
        checkOpen();
        connection.call(Request.DESTROY, out -> out.writeUTF(location.name()));
        close();
    }

    void freeze() {
        checkOpen();
        connection.call(Request.FREEZE, out -> out.writeUTF(location.name()));
    }

    void unfreeze() {
        checkOpen();
        closeFrozenViews();
        connection.call(Request.UNFREEZE, out -> out.writeUTF(location.name()));
        // Those that other threads took in between.
        closeFrozenViews();
    }

    /** Persists what this attachment's checkpoint holds. */
    void persist(Duration timeout) {
        checkOpen();
        long now = checkpoint;
        connection.call(Request.PERSIST, timeout, out -> {
            out.writeUTF(location.name());
            out.writeLong(now);
        });
    }

    List<Long> persistedIds() {
        checkOpen();
        try (DataInputStream answer =
                connection.call(Request.PERSISTED, out -> out.writeUTF(location.name()))) {
            List<Long> ids = new ArrayList<>();
            for (int left = answer.readInt(); left > 0; left--) {
                ids.add(answer.readLong());
            }
            return List.copyOf(ids);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces everything by a persisted checkpoint, and goes to it. */
    void restore(long persisted, Duration timeout) {
        checkOpen();
        closeFrozenViews();
        connection.call(Request.RESTORE, timeout, out -> {
            out.writeUTF(location.name());
            out.writeLong(persisted);
        });
        checkpoint(persisted);
    }

    /** Shows the next persisted checkpoint of a read-only dictionary, and goes to it. */
    long advance(Duration timeout) {
        checkOpen();
        closeFrozenViews();
        try (DataInputStream answer = connection.call(
                Request.ADVANCE, timeout, out -> out.writeUTF(location.name()))) {
            checkpoint(answer.readLong());
            return checkpoint;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (released) {
            return;
        }
        for (ShardChannel channel : channels) {
            channel.endFrozenViews();
        }
        released = true;
        try {
            // First of all: what the service frees next, no thread of this process may still write to.
            for (ShardChannel channel : channels) {
                channel.close();
            }
        } finally {
            unlink(connection, location.name(), linkIds);
        }
    }

    private void closeFrozenViews() {
        for (ShardChannel channel : channels) {
            channel.closeFrozenViews();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("handle is closed: dictionary=" + location.name());
        }
    }

    private static void unlink(NodeConnection connection, String dictionary, int[] linkIds) {
        for (int manager = 0; manager < linkIds.length; manager++) {
            int number = manager;
            if (linkIds[number] != 0) {
                connection.tell(Request.UNLINK, out -> {
                    out.writeUTF(dictionary);
                    out.writeInt(number);
                    out.writeInt(linkIds[number]);
                });
            }
        }
    }

    private static int link(NodeConnection connection, String dictionary, int manager)
            throws IOException {
        try (DataInputStream answer = connection.call(Request.LINK, out -> {
            out.writeUTF(dictionary);
            out.writeInt(manager);
        })) {
            return answer.readInt();
        }
    }

    /** Decodes values by their tag. */
    record Values(Codecs codecs) implements ShardChannel.ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return codecs.byTag(tag).rawCopy();
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            Codec<?> codec = codecs.byTag(tag);
            return codec.read(source, offset, length);
        }
    }

    /** Decodes keys by their tag. */
    record Keys(Codecs codecs) implements ShardChannel.ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return false;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return codecs.decodeKey(tag, source, offset, (int) length);
        }
    }
}
