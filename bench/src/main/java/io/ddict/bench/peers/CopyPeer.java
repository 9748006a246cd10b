package io.ddict.bench.peers;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * The copy limit: key number i is slot i of a file on /dev/shm, and all that is done is one copy
 * between the heap and the mapped slot. No store that copies can be faster.
 */
final class CopyPeer implements Peer {
    private static final String FILE = "slots";

    @Override
    public String name() {
        return "copy";
    }

    @Override
    public String description() {
        return "bare copy between heap and mapped /dev/shm file, in pieces of the value size";
    }

    @Override
    public boolean isLimit() {
        return true;
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only();
    }

    @Override
    public Service start(Shape shape) throws IOException {
        return SharedFolder.create();
    }

    @Override
    public Store attach(String address, Shape shape) throws IOException {
        return new CopyStore(Path.of(address, FILE), shape);
    }

    private static final class CopyStore implements Store {
        private static final ValueLayout.OfLong LONG =
                JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        private static final int LINE_LENGTH = 64;

        private final Arena arena = Arena.ofConfined();
        private final MemorySegment slots;
        private final int valueLength;
        private final long slotLength;

        CopyStore(Path file, Shape shape) throws IOException {
            valueLength = shape.valueLength();
            slotLength = (valueLength + LINE_LENGTH - 1L) / LINE_LENGTH * LINE_LENGTH;
            try (FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE)) {
                slots = channel.map(
                        FileChannel.MapMode.READ_WRITE, 0, shape.keysMax() * slotLength, arena);
            }
        }

        @Override
        public void put(byte[] key, byte[] value) {
            MemorySegment.copy(value, 0, slots, JAVA_BYTE, slot(key), valueLength);
        }

        @Override
        public byte[] get(byte[] key) {
            byte[] value = new byte[valueLength];
            MemorySegment.copy(slots, JAVA_BYTE, slot(key), value, 0, valueLength);
            return value;
        }

        @Override
        public int get(byte[] key, byte[] buffer) {
            MemorySegment.copy(slots, JAVA_BYTE, slot(key), buffer, 0, valueLength);
            return valueLength;
        }

        @Override
        public long view(byte[] key) {
            long slot = slot(key);
            long first = slots.get(LONG, slot);
            return first == slots.get(LONG, slot + valueLength - Long.BYTES) ? first : MIXED;
        }

        @Override
        public void clear() {}

        @Override
        public void awaitApplied() {}

        @Override
        public void close() {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }

        private long slot(byte[] key) {
            return Keys.index(key) * slotLength;
        }
    }
}
