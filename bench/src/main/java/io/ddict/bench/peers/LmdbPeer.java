package io.ddict.bench.peers;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/**
 * LMDB through lmdbjava, one environment on /dev/shm that every client process opens: written in
 * place and never synchronised to a disk, a write transaction for each put, which copies the value
 * once, and one read transaction that is renewed for each get.
 */
final class LmdbPeer implements Peer {
    // Pages are copied before they are changed, so that the tree needs room for itself twice.
    private static final long MAP_SHARE = 3;
    private static final long MAP_LENGTH_FIXED = 256L << 20;
    private static final long ENTRY_LENGTH = 256;

    @Override
    public String name() {
        return "lmdb";
    }

    @Override
    public String description() {
        return "LMDB by lmdbjava 0.9.3, environment on /dev/shm opened by every client, MDB_WRITEMAP,"
                + " MDB_NOSYNC, MDB_NORDAHEAD, a transaction per put, a renewed one per get";
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return List.of(
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow");
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.LMDB);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        return SharedFolder.create();
    }

    @Override
    public Store attach(String address, Shape shape) {
        return new LmdbStore(Path.of(address), shape);
    }

    private static final class LmdbStore implements Store {
        private final ByteBuffer key = ByteBuffer.allocateDirect(Keys.LENGTH);
        private final Env<ByteBuffer> environment;
        private final Dbi<ByteBuffer> database;
        private final Txn<ByteBuffer> reading;

        LmdbStore(Path folder, Shape shape) {
            long content = shape.contentLength() + shape.keysMax() * ENTRY_LENGTH;
            environment = Env.create()
                    .setMapSize(content * MAP_SHARE + MAP_LENGTH_FIXED)
                    .setMaxDbs(1)
                    .open(folder.toFile(), EnvFlags.MDB_WRITEMAP, EnvFlags.MDB_NOSYNC,
                            EnvFlags.MDB_NORDAHEAD);
            database = environment.openDbi("values", DbiFlags.MDB_CREATE);
            reading = environment.txnRead();
            reading.reset();
        }

        @Override
        public void put(byte[] keyBytes, byte[] value) {
            try (Txn<ByteBuffer> writing = environment.txnWrite()) {
                database.reserve(writing, key(keyBytes), value.length).put(value);
                writing.commit();
            }
        }

        @Override
        public byte @Nullable [] get(byte[] keyBytes) {
            ByteBuffer value = find(keyBytes);
            byte[] copy = value == null ? null : new byte[value.remaining()];
            if (value != null && copy != null) {
                value.get(copy);
            }
            reading.reset();
            return copy;
        }

        @Override
        public int get(byte[] keyBytes, byte[] buffer) {
            ByteBuffer value = find(keyBytes);
            int length = value == null ? -1 : value.remaining();
            if (value != null) {
                value.get(buffer, 0, length);
            }
            reading.reset();
            return length;
        }

        @Override
        public long view(byte[] keyBytes) {
            ByteBuffer value = find(keyBytes);
            long stamp = value == null ? ABSENT : stamp(value.order(LITTLE_ENDIAN));
            reading.reset();
            return stamp;
        }

        @Override
        public void clear() {
            try (Txn<ByteBuffer> writing = environment.txnWrite()) {
                database.drop(writing);
                writing.commit();
            }
        }

        @Override
        public void awaitApplied() {}

        @Override
        public void close() {
            reading.close();
            environment.close();
        }

        private @Nullable ByteBuffer find(byte[] keyBytes) {
            reading.renew();
            return database.get(reading, key(keyBytes));
        }

        private ByteBuffer key(byte[] keyBytes) {
            return key.clear().put(keyBytes).flip();
        }

        private static long stamp(ByteBuffer value) {
            long first = value.getLong(0);
            return first == value.getLong(value.limit() - Long.BYTES) ? first : MIXED;
        }
    }
}
