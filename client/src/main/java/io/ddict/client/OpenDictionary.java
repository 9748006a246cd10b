package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.Seat;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/*
 * A handle of the whole dictionary has the channels of all managers, one of a single manager has that
 * channel alone, and so no choice where a key goes. All else follows from the channels: what concerns
 * every manager, such as the size, concerns those that the handle goes to.
 *
 * The seed of the key hash is the dictionary's, so any of its pools can tell it.
 */

/** What the handles of a dictionary, or of one of its managers, go by. Safe from any thread. */
final class OpenDictionary implements AutoCloseable {
    private static final int ALL = -1;
    // Process ids of one program are neighbours, and their threads have the same numbers.
    private static final long PROCESS_SPREAD = ProcessHandle.current().pid();
    private static final ThreadLocal<CallContext> CALLS = ThreadLocal.withInitial(CallContext::new);

    private final NodeConnection connection;
    private final DictionaryLocation location;
    private final AttachOptions options;
    private final Codecs codecs;
    private final Links links;
    private final boolean isWhole;
    private final ShardChannel[] channels;
    private final ShardChannel[] localChannels;
    private final AtomicReferenceArray<@Nullable CollectedPuts> collected;
    private final KeyHash keyHash;
    private final @Nullable Placement placement;
    private final Values values;
    private final Keys keys;
    // Batches that are open; guarded by this.
    private int batches;
    private volatile long checkpoint;
    private volatile boolean closed;

    private OpenDictionary(
            NodeConnection connection,
            DictionaryLocation location,
            AttachOptions options,
            Links links,
            int manager,
            long checkpoint) {
        this.connection = connection;
        this.location = location;
        this.options = options;
        this.codecs = options.codecs();
        this.links = links;
        this.isWhole = manager == ALL;
        this.channels =
                isWhole ? links.channels() : new ShardChannel[]{links.channels()[manager]};
        this.localChannels =
                Arrays.stream(channels).filter(ShardChannel::isLocal).toArray(ShardChannel[]::new);
        this.placement = isWhole && !location.placement().isEmpty() ? options.placement() : null;
        this.collected = new AtomicReferenceArray<>(channels.length);
        this.keyHash = new KeyHash(channels[0].hashSeed());
        this.values = new Values(codecs);
        this.keys = new Keys(codecs);
        this.checkpoint = checkpoint;
    }

    static OpenDictionary open(
            NodeConnection connection, DictionaryLocation location, AttachOptions options) {
        Locations.checkPlacement(location, options.placement());
        Links links = Links.open(connection, location);
        return opened(new OpenDictionary(connection, location, options, links, ALL, 0));
    }

    /** The same dictionary, for calls that all go to one manager; at this one's checkpoint. */
    OpenDictionary manager(int manager) {
        checkOpen();
        if (manager < 0 || manager >= managers()) {
            throw new IllegalArgumentException(
                    "no such manager: manager=" + manager + ", managers=" + managers());
        }
        return opened(
                new OpenDictionary(connection, location, options, links, manager, checkpoint));
    }

    // Only now: the links look at what is in the handle.
    private static OpenDictionary opened(OpenDictionary made) {
        made.links.opened(made);
        return made;
    }

    /** The manager of a handle that has one alone. */
    int number() {
        return channels[0].manager();
    }

    /** Whether each key is at the manager of the same number in another dictionary. */
    boolean isParallelTo(OpenDictionary other) {
        return managers() == other.managers()
                && hashSeed() == other.hashSeed()
                && location.placement().equals(other.location.placement());
    }

    /** Whether it goes to all managers. */
    boolean isWhole() {
        return isWhole;
    }

    /** Seed of the key hash. */
    long hashSeed() {
        return channels[0].hashSeed();
    }

    /** The dictionary's placement as this handle's maker brought it; null if keys go by their hash. */
    @Nullable Placement placement() {
        return location.placement().isEmpty() ? null : options.placement();
    }

    /** How many managers the dictionary has. */
    int managers() {
        return links.channels().length;
    }

    /** Where each manager of the dictionary is. */
    List<ManagerPlace> topology() {
        List<ManagerPlace> places = new ArrayList<>();
        for (ShardChannel channel : links.channels()) {
            Seat seat = location.seats().get(channel.manager());
            places.add(
                    new ManagerPlace(
                            channel.manager(),
                            seat.node(),
                            seat.processId(),
                            Path.of(seat.poolDirectory()),
                            channel.isLocal()));
        }
        return List.copyOf(places);
    }

    /** Whether calls of this handle may go to a channel. */
    boolean goesTo(ShardChannel channel) {
        return Arrays.asList(channels).contains(channel);
    }

    /** Begins a call on a key. */
    CallContext start(Object key, long timeoutNs) {
        CallContext call = start(timeoutNs);
        KeyBytes bytes = call.key();
        codecs.encodeKey(key, bytes);
        long hash = keyHash.of(bytes.array(), bytes.offset(), bytes.length(), bytes.tag());
        call.hash(hash);
        call.place(place(key, hash));
        return call;
    }

    private int place(Object key, long hash) {
        Placement function = placement;
        if (function == null) {
            return channels.length == 1 ? 0 : KeyHash.manager(hash, channels.length);
        }
        int slot = function.slot(key);
        if (slot < 0 || slot >= Placement.SLOTS) {
            throw new IllegalArgumentException(
                    "placement gave no slot: slot="
                            + slot
                            + ", slots="
                            + Placement.SLOTS
                            + ", key="
                            + key
                            + ", placement="
                            + function.name());
        }
        return slot % channels.length;
    }

    /** Begins a call that concerns no key. */
    CallContext start(long timeoutNs) {
        checkOpen();
        CallContext call = CALLS.get();
        call.begin();
        call.deadline().start(timeoutNs);
        call.checkpoint(checkpoint);
        return call;
    }

    /** The channel to the manager of the call's key. */
    ShardChannel channel(CallContext call) {
        return channels[call.place()];
    }

    /** The channel that is nearest to this thread; threads and processes are spread over equal ones. */
    ShardChannel nearestChannel() {
        ShardChannel[] local = localChannels();
        ShardChannel[] near = local.length > 0 ? local : channels;
        return near[Math.floorMod(PROCESS_SPREAD + Thread.currentThread().threadId(), near.length)];
    }

    /** Space for a channel's part of a batch; what an earlier batch gave back, if there is one. */
    CollectedPuts collectedPuts(int place) {
        CollectedPuts kept = collected.getAndSet(place, null);
        return kept != null ? kept : new CollectedPuts();
    }

    /** Keeps the space of a batch that has ended for the next one. */
    void giveBack(int place, CollectedPuts puts) {
        collected.set(place, puts);
    }

    /** The channels that this handle goes to, by place. */
    ShardChannel[] channels() {
        checkOpen();
        return channels;
    }

    /** Those of them whose memory this process reads in place. */
    ShardChannel[] localChannels() {
        checkOpen();
        return localChannels;
    }

    /** Longest wait of a call that says nothing else. */
    Duration timeout() {
        return options.timeout();
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

    /** Goes to another checkpoint, for all handles that go by this. */
    synchronized void checkpoint(long next) {
        if (next < 0 || next > WorkingSet.CHECKPOINT_MAX) {
            throw new IllegalArgumentException(
                    "checkpoint is not in 0.."
                            + WorkingSet.CHECKPOINT_MAX
                            + ": checkpoint="
                            + next);
        }
        requireNoBatch();
        goTo(next);
    }

    // Also with a batch that began while the managers went: its next put is refused.
    private synchronized void goTo(long next) {
        checkpoint = next;
        links.moved();
    }

    /** Goes so many checkpoints on, or back, but not below 0; returns where it is then. */
    synchronized long move(long steps) {
        checkpoint(Math.max(0, checkpoint + steps));
        return checkpoint;
    }

    /** Begins a batch, until whose end nobody can make the handle go to another checkpoint; its own. */
    synchronized long beginBatch() {
        checkOpen();
        batches++;
        return checkpoint;
    }

    /** Ends a batch. */
    synchronized void endBatch() {
        batches--;
    }

    /** Throws if the handle was closed, or must stay at its checkpoint. */
    synchronized void requireNoBatch() {
        checkOpen();
        if (batches > 0) {
            throw new DDictException(
                    DDictException.Status.INVALID_OPERATION,
                    "handle cannot go to another checkpoint while batches of it are open: batches="
                            + batches
                            + ", checkpoint="
                            + checkpoint
                            + ", dictionary="
                            + location.name()
                            + "; end them first");
        }
    }

    String name() {
        return location.name();
    }

    String serialize() {
        return Handles.text(connection.cluster(), location.name());
    }

    void destroy(boolean keep) {
        checkOpen();
        connection.call(Request.DESTROY, out -> {
            Fields.writeText(out, location.name());
            out.writeBoolean(keep);
        });
        links.close();
    }

    void freeze() {
        checkOpen();
        connection.call(Request.FREEZE, out -> Fields.writeText(out, location.name()));
    }

    void unfreeze() {
        checkOpen();
        links.closeFrozenViews();
        connection.call(Request.UNFREEZE, out -> Fields.writeText(out, location.name()));
        // Those that other threads took in between.
        links.closeFrozenViews();
    }

    /** Persists what this attachment's checkpoint holds. */
    void persist(Duration timeout) {
        checkOpen();
        long now = checkpoint;
        connection.call(Request.PERSIST, timeout, out -> {
            Fields.writeText(out, location.name());
            out.writeLong(now);
        });
    }

    List<Long> persistedIds() {
        checkOpen();
        try (DataInputStream answer =
                connection.call(Request.PERSISTED, out -> Fields.writeText(out, location.name()))) {
            return Fields.readLongs(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces everything by a persisted checkpoint, and goes to it. */
    void restore(long persisted, Duration timeout) {
        requireNoBatch();
        links.closeFrozenViews();
        connection.call(Request.RESTORE, timeout, out -> {
            Fields.writeText(out, location.name());
            out.writeLong(persisted);
        });
        goTo(persisted);
    }

    /** Shows the next persisted checkpoint of a read-only dictionary, and goes to it. */
    long advance(Duration timeout) {
        requireNoBatch();
        links.closeFrozenViews();
        try (DataInputStream answer = connection.call(
                Request.ADVANCE, timeout, out -> Fields.writeText(out, location.name()))) {
            goTo(answer.readLong());
            return checkpoint;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends this handle; that of the whole dictionary ends those of its managers with it. */
    @Override
    public synchronized void close() {
        closed = true;
        links.closed(this);
        if (isWhole) {
            links.close();
        }
    }

    boolean isClosed() {
        return closed || links.isClosed();
    }

    /** Throws if the handle was closed. */
    void checkOpen() {
        if (isClosed()) {
            throw new IllegalStateException("handle is closed: dictionary=" + location.name());
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
