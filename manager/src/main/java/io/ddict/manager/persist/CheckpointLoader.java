package io.ddict.manager.persist;

import io.ddict.client.DDictFullException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Scratch;
import io.ddict.manager.serving.Manager;
import io.ddict.store.Snapshot;
import io.ddict.store.pool.KeyHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/*
 * Loads like any client puts: through the ring, large values straight into their blocks. So there is
 * one way into a pool, and what holds for puts holds here.
 */

/** Puts what a stream holds into an empty manager. One thread. */
final class CheckpointLoader {
    private static final long CALL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(20);
    // Memory that was given up before comes back within this time, unless readers hold it longer.
    private static final long ROOM_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long ROOM_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ShmChannel channel;
    private final RecordInput input;
    private final KeyHash keyHash;
    private final CallContext call = new CallContext();
    private final StreamedValue value = new StreamedValue();
    private final MemorySegment header =
            MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH]);
    private byte[] key = new byte[256];

    /**
     * Loads all into one manager, over a link of its own; returns when it is applied.
     *
     * @throws DDictFullException if it does not fit
     */
    static void load(int number, Manager manager, RecordInput input, long checkpoint)
            throws IOException {
        int link = ManagerAnswers.await(manager.openOwnLink());
        try (ShmChannel channel =
                new ShmChannel(
                        number,
                        manager.pool().mapped().directory(),
                        link,
                        () -> manager.failure() != null)) {
            new CheckpointLoader(channel, input, checkpoint).load();
        } finally {
            var _ = ManagerAnswers.await(manager.closeLink(link));
        }
    }

    private CheckpointLoader(ShmChannel channel, RecordInput input, long checkpoint) {
        this.channel = channel;
        this.input = input;
        this.keyHash = new KeyHash(channel.hashSeed());
        call.checkpoint(checkpoint);
        call.passRestore();
    }

    private void load() throws IOException {
        try {
            while (input.hasNext()) {
                input.next(header);
                readKey();
                putWhenThereIsRoom(header.get(ValueLayout.JAVA_BYTE, 14) == Snapshot.PERSISTENT);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        call.deadline().start(CALL_TIMEOUT_NS);
        long _ = channel.newestCheckpoint(call);
    }

    private void readKey() throws IOException {
        int length = header.get(Snapshot.KEY_LENGTH, 8);
        if (key.length < length) {
            key = new byte[length];
        }
        input.read(MemorySegment.ofArray(key), 0, length);
        byte tag = header.get(ValueLayout.JAVA_BYTE, 12);
        call.key().wrap(tag, key, 0, length);
        call.hash(keyHash.of(key, 0, length, tag));
        value.begin(
                header.get(ValueLayout.JAVA_BYTE, 13), header.get(Snapshot.VALUE_LENGTH, 0));
    }

    private void putWhenThereIsRoom(boolean persistent) {
        long startNs = System.nanoTime();
        while (true) {
            try {
                call.deadline().start(CALL_TIMEOUT_NS);
                channel.put(call, value, value, persistent);
                return;
            } catch (DDictFullException e) {
                if (value.isRead || System.nanoTime() - startNs > ROOM_TIMEOUT_NS) {
                    throw e;
                }
                LockSupport.parkNanos(ROOM_PAUSE_NS);
            }
        }
    }

    /** The value of the record that is being read: its bytes go from the stream to their place. */
    private final class StreamedValue implements Codec<StreamedValue> {
        private byte tag;
        private long length;
        private boolean isRead;

        void begin(byte valueTag, long valueLength) {
            tag = valueTag;
            length = valueLength;
            isRead = false;
        }

        @Override
        public byte tag() {
            return tag;
        }

        @Override
        public long prepare(StreamedValue any, Scratch scratch) {
            return length;
        }

        @Override
        public void write(StreamedValue any, Scratch scratch, MemorySegment target, long offset) {
            if (isRead) {
                throw new IllegalStateException("a streamed value can be written once");
            }
            isRead = true;
            try {
                input.read(target, offset, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public StreamedValue read(MemorySegment source, long offset, long valueLength) {
            throw new UnsupportedOperationException("a streamed value is only written");
        }
    }
}
