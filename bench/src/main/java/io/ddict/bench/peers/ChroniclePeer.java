package io.ddict.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;
import org.jspecify.annotations.Nullable;

/**
 * Chronicle Map, one file on /dev/shm that every client process opens: constant key and value sizes,
 * entries for exactly the most keys, put returns null, get into the caller's array. It checksums
 * entries of a file unless told not to; both ways are offered, as DDict has no such checksum.
 */
final class ChroniclePeer implements Peer {
    private static final String FILE = "map";

    private final String name;
    private final boolean checksums;

    ChroniclePeer(String name, boolean checksums) {
        this.name = name;
        this.checksums = checksums;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "Chronicle Map 2026.1, file on /dev/shm opened by every client, constant sizes,"
                + " putReturnsNull, checksumEntries=" + checksums;
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return List.of("@" + nodeArguments);
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.CHRONICLE);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        return SharedFolder.create();
    }

    @Override
    public Store attach(String address, Shape shape) throws IOException {
        ChronicleMap<byte[], byte[]> map = ChronicleMap.of(byte[].class, byte[].class)
                .constantKeySizeBySample(new byte[Keys.LENGTH])
                .constantValueSizeBySample(new byte[shape.valueLength()])
                .entries(shape.keysMax())
                .putReturnsNull(true)
                .checksumEntries(checksums)
                .createPersistedTo(Path.of(address, FILE).toFile());
        return new ChronicleStore(map);
    }

    private static final class ChronicleStore implements Store {
        private final ChronicleMap<byte[], byte[]> map;

        ChronicleStore(ChronicleMap<byte[], byte[]> map) {
            this.map = map;
        }

        @Override
        public void put(byte[] key, byte[] value) {
            map.put(key, value);
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return map.get(key);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // Another array means that it was not the caller's.
        public int get(byte[] key, byte[] buffer) {
            byte[] value = map.getUsing(key, buffer);
            if (value == null) {
                return -1;
            }
            if (value != buffer) {
                throw new IllegalStateException(
                        "value of another length: length=" + value.length + "B, buffer="
                                + buffer.length + "B");
            }
            return value.length;
        }

        @Override
        public long view(byte[] key) {
            try (ExternalMapQueryContext<byte[], byte[], ?> context = map.queryContext(key)) {
                context.readLock().lock();
                MapEntry<byte[], byte[]> entry = context.entry();
                if (entry == null) {
                    return ABSENT;
                }
                Data<byte[]> value = entry.value();
                RandomDataInput bytes = value.bytes();
                long first = bytes.readLong(value.offset());
                long last = bytes.readLong(value.offset() + value.size() - Long.BYTES);
                return first == last ? first : MIXED;
            }
        }

        @Override
        public void clear() {
            map.clear();
        }

        @Override
        public void awaitApplied() {}

        @Override
        public void close() {
            map.close();
        }
    }
}
