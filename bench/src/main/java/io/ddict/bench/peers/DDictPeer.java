package io.ddict.bench.peers;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictStats;
import io.ddict.client.ManagerPlace;
import io.ddict.client.protocol.RuntimeDirectory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * DDict as users run it: an embedded dictionary of the parent's, its node service a process of its
 * own, and clients that attach by the handle's text, without a flag.
 */
final class DDictPeer implements Peer {
    // Index: 32 B of entry, 11 B of hint, about 35 B of table, for each key.
    private static final long INDEX_LENGTH_PER_KEY = 80;
    private static final long RECORD_HEADER_LENGTH = 24;
    private static final long INLINE_LENGTH_MAX = 4096;
    private static final long PAGE_LENGTH = 4096;
    // What is held back for posted puts, and for blocks granted ahead.
    private static final long FIXED_LENGTH = 32L << 20;
    private static final long FIXED_LENGTH_TIGHT = 8L << 20;
    private static final long ENTRIES_SPARE = 1024;
    private static final long BLOCKS_PER_CLIENT = 10;
    // A twentieth of the data is held back, and records are rounded up to 16 bytes.
    private static final long TIGHT_SPARE = 12;

    @Override
    public String name() {
        return Peers.DDICT;
    }

    @Override
    public String description() {
        return "DDict, embedded node service, clients without flags";
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only();
    }

    @Override
    public Service start(Shape shape) {
        DDict<byte[], byte[]> dict = DDict.create(DDictConfig.builder()
                .nodes(shape.nodes())
                .managersPerNode(shape.managers())
                .entriesMax(entriesMax(shape))
                .totalMemory(ByteSize.bytes(memoryLength(shape)))
                .timeout(Duration.ofSeconds(60))
                .build());
        return new DDictService(dict);
    }

    @Override
    public Store attach(String address, Shape shape) {
        return new DDictStore(DDict.attach(address));
    }

    private static long entriesMax(Shape shape) {
        // Below its limit, so that a put need not ask whether its key is there. Several managers get
        // unequal shares, and each needs room for its own.
        long unequal = shape.managersOfAll() == 1 ? 0 : shape.keysMax() / 20;
        return shape.keysMax() + unequal + ENTRIES_SPARE * shape.managersOfAll();
    }

    private static long memoryLength(Shape shape) {
        long pair = (long) Keys.LENGTH + shape.valueLength();
        boolean block = pair > INLINE_LENGTH_MAX;
        long record = pair + RECORD_HEADER_LENGTH + (block ? PAGE_LENGTH : 0);
        long content = shape.keysMax() * (record + INDEX_LENGTH_PER_KEY);
        if (shape.tight()) {
            return content + content / TIGHT_SPARE + FIXED_LENGTH_TIGHT;
        }
        long blocks = block ? BLOCKS_PER_CLIENT * shape.clients() * record : 0;
        return content + content / 2 + blocks + FIXED_LENGTH * shape.managersOfAll();
    }

    private static final class DDictService implements Service {
        // Pages come at about 1 GB/s, and no pool of a benchmark has more than some 10 GB.
        private static final long READY_TIMEOUT_NS = Duration.ofSeconds(60).toNanos();
        private static final long READY_POLL_NS = Duration.ofMillis(50).toNanos();

        private final DDict<byte[], byte[]> dict;

        DDictService(DDict<byte[], byte[]> dict) {
            this.dict = dict;
        }

        @Override
        public String address() {
            return dict.serialize();
        }

        @Override
        public Optional<Path> directory() {
            for (String cluster : RuntimeDirectory.clusters()) {
                Path directory = RuntimeDirectory.ofCluster(cluster).resolve(dict.name());
                if (Files.isDirectory(directory)) {
                    return Optional.of(directory);
                }
            }
            return Optional.empty();
        }

        @Override
        public long unusedLength() {
            return dict.stats().managers().stream().mapToLong(DDictStats.Manager::freeBytes).sum();
        }

        @Override
        public void awaitReady() {
            long deadlineNs = System.nanoTime() + READY_TIMEOUT_NS;
            while (!isReserved()) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new IllegalStateException("pool not reserved: stats=" + dict.stats());
                }
                LockSupport.parkNanos(READY_POLL_NS);
            }
        }

        @Override
        public void close() {
            dict.destroy();
            dict.close();
        }

        private boolean isReserved() {
            for (DDictStats.Manager manager : dict.stats().managers()) {
                long reserved = manager.usedBytes() + manager.freeBytes();
                if (reserved < manager.memoryLength() - (1 << 20)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static final class DDictStore implements Store {
        private static final ValueLayout.OfLong LONG =
                JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

        private final DDict<byte[], byte[]> dict;
        private final Function<MemorySegment, Boolean> viewer = this::look;
        private byte[] bufferArray = new byte[0];
        private MemorySegment bufferSegment = MemorySegment.ofArray(bufferArray);
        private long viewed;

        DDictStore(DDict<byte[], byte[]> dict) {
            this.dict = dict;
        }

        @Override
        public void put(byte[] key, byte[] value) {
            dict.put(key, value);
        }

        @Override
        public void putBatch(byte[][] keys, byte[][] values) {
            try (Batch<byte[], byte[]> batch = dict.batch()) {
                for (int i = 0; i < keys.length; i++) {
                    batch.put(keys[i], values[i]);
                }
            }
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return dict.get(key);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // The same array as the last time, for one segment.
        public int get(byte[] key, byte[] buffer) {
            if (buffer != bufferArray) {
                bufferArray = buffer;
                bufferSegment = MemorySegment.ofArray(buffer);
            }
            return (int) dict.get(key, bufferSegment);
        }

        @Override
        public long view(byte[] key) {
            return dict.view(key, viewer) == null ? ABSENT : viewed;
        }

        @Override
        public void freeze() {
            dict.freeze();
        }

        @Override
        public void unfreeze() {
            dict.unfreeze();
        }

        @Override
        public long viewFrozen(byte[] key) {
            MemorySegment value = dict.view(key);
            return value == null ? ABSENT : ends(value);
        }

        @Override
        public void clear() {
            dict.clear();
        }

        @Override
        public void awaitApplied() {
            // Counts what was accepted before the call, so it waits until that is applied.
            dict.size();
        }

        @Override
        public String channels() {
            Map<Boolean, List<Integer>> managers = dict.topology().stream().collect(
                    Collectors.partitioningBy(
                            ManagerPlace::isLocal,
                            Collectors.mapping(ManagerPlace::manager, Collectors.toList())));
            return "shared memory to managers " + managers.get(true) + ", TCP to managers "
                    + managers.get(false);
        }

        @Override
        public void close() {
            dict.close();
        }

        // Leaves its result in a field: a boxed one would be counted as the dictionary's garbage.
        private Boolean look(MemorySegment value) {
            viewed = ends(value);
            return Boolean.TRUE;
        }

        private static long ends(MemorySegment value) {
            long first = value.get(LONG, 0);
            return first == value.get(LONG, value.byteSize() - Long.BYTES) ? first : MIXED;
        }
    }
}
