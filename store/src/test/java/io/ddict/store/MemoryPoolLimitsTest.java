package io.ddict.store;

import static io.ddict.store.PoolDriver.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pool does at its limits: an accepted put fits, whatever the memory looks like. */
class MemoryPoolLimitsTest {
    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    /** Stores records of one length under numbered keys, without a ring. */
    private static final class Writer {
        private final MemoryPool memoryPool;
        private final MemoryRegion link;
        private final Operation operation;
        private final int valueLength;
        private long position;

        Writer(MemoryPool memoryPool, int recordLength) throws IOException {
            this.memoryPool = memoryPool;
            this.link = memoryPool.mapped().createLink(1);
            this.operation = new Operation(link).wrap(link, LinkLayout.STAGING_OFFSET);
            this.valueLength = recordLength - RecordLayout.HEADER_LENGTH - Long.BYTES;
        }

        boolean store() {
            link.putLong(operation.keyOffset(), position);
            operation.writeHeader(
                    Operation.PUT, (byte) 0, (byte) 0, (byte) 0, Long.BYTES, mix(position));
            operation.writeOperands(valueLength, 0, 0, 0);
            int ordinal =
                    memoryPool.find(
                            operation.hash(), (byte) 0, link, operation.keyOffset(), Long.BYTES);
            assertThat(ordinal).isZero();
            return memoryPool.storeInline(0, operation, position++);
        }

        boolean isRefused() {
            int sizeClass = SizeClasses.ofLength(RecordLayout.length(Long.BYTES, valueLength));
            long bits = memoryPool.mapped().status().fullBits();
            return (bits & (1L << sizeClass | PoolStatus.FULL_OF_ENTRIES)) != 0;
        }

        private static long mix(long position) {
            long mixed = (position + 1) * 0x9E37_79B9_7F4A_7C15L;
            return mixed ^ mixed >>> 32;
        }
    }

    // Staged with a header of 48 bytes in units of 64; the record's own header has 24.
    private static int stagedLength(int recordLength) {
        return (recordLength + 24 + 63) & -64;
    }

    /*
     * The most that can come between two looks at the limits: the last look refused nothing by a
     * hair, a batch is applied, the next look refuses, and everything that the links can stage or
     * the ring can hold was posted before.
     */
    @ParameterizedTest
    @ValueSource(ints = {40, 300, 1100, 2305, 2600, 3073, 3600, 4097, 4120})
    void storesEverythingThatWasPostedBeforeThePoolWasFull(int recordLength) throws IOException {
        assertStoresEverythingThatWasPosted(recordLength, PoolLimits.DEFAULTS);
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 300, 2305, 4097})
    void holdsBackWhatCanBeOnItsWayWhereItsMakerWantsNothingHeldBack(int recordLength)
            throws IOException {
        assertStoresEverythingThatWasPosted(recordLength, new PoolLimits(1, PoolLimits.NO_QUOTA));
    }

    private static MemoryPool create(Path pool, PoolLimits limits) throws IOException {
        PoolGeometry geometry = MemoryPool.geometry(64 << 20, 300_000, 1, WorkingSet.SINGLE);
        return MemoryPool.create(pool, geometry.withLimits(limits), MemoryRegion::new);
    }

    private void assertStoresEverythingThatWasPosted(int recordLength, PoolLimits limits)
            throws IOException {
        int links = 24;
        Path counted = Files.createDirectory(directory.resolve("counted"));
        long storedUntilFull = 0;
        try (MemoryPool memoryPool = create(counted, limits)) {
            PoolDriver.awaitReserved(memoryPool);
            memoryPool.holdBack(links);
            Writer writer = new Writer(memoryPool, recordLength);
            while (!writer.isRefused()) {
                assertThat(writer.store()).isTrue();
                memoryPool.afterBatch(Long.MAX_VALUE);
                storedUntilFull++;
            }
        }
        try (MemoryPool memoryPool = create(directory, limits)) {
            PoolDriver.awaitReserved(memoryPool);
            memoryPool.holdBack(links);
            Writer writer = new Writer(memoryPool, recordLength);
            for (long i = 1; i < storedUntilFull; i++) {
                assertThat(writer.store()).isTrue();
                memoryPool.afterBatch(Long.MAX_VALUE);
            }
            assertThat(writer.isRefused()).isFalse();
            PoolGeometry geometry = memoryPool.mapped().geometry();
            long posted = Math.min(
                    links * (long) geometry.stagingLength() / stagedLength(recordLength),
                    geometry.ringSlots() + links);
            for (long i = 0; i < PoolGeometry.BATCH_MAX + posted; i++) {
                assertThat(writer.store()).as("put %d, posted=%d, is stored", i, posted).isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 0.8, 0.9})
    void refusesAtTheShareOfItsDataThatItsMakerWants(double fullThreshold) throws IOException {
        try (MemoryPool memoryPool =
                create(directory, new PoolLimits(fullThreshold, PoolLimits.NO_QUOTA))) {
            PoolDriver.awaitReserved(memoryPool);
            memoryPool.holdBack(1);
            Writer writer = new Writer(memoryPool, 4096);
            while (!writer.isRefused()) {
                assertThat(writer.store()).isTrue();
                memoryPool.afterBatch(Long.MAX_VALUE);
            }
            double length = memoryPool.mapped().geometry().dataLength();
            double used = (length - memoryPool.freeBytes()) / length;
            assertThat(used).isCloseTo(fullThreshold, within(0.01));
            assertThat(memoryPool.grantBlock(2)).isEqualTo(MemoryPool.NO_BLOCK);
        }
        try (MemoryPool recovered = PoolRecovery.recover(directory)) {
            recovered.holdBack(1);
            assertThat(recovered.fullBits().isSet()).as("its successor knows").isTrue();
        }
    }

    @Test
    void hasRoomForFewerLinksThanWouldLeaveNoMemoryForRecords() throws IOException {
        try (MemoryPool memoryPool =
                MemoryPool.create(directory, PoolGeometry.MEMORY_LENGTH_MIN, 1000, 1)) {
            assertThat(memoryPool.hasRoomForLinks(1)).isTrue();
            int links = 1;
            while (memoryPool.hasRoomForLinks(links + 1)) {
                links++;
            }
            assertThat(links).isBetween(4, 1000);
            memoryPool.holdBack(links);
            Writer writer = new Writer(memoryPool, 300);
            assertThat(writer.isRefused()).isFalse();
        }
    }

    @Test
    void storesAcceptedPutsWhereNoFreeRunIsLongEnoughForASlab() throws IOException {
        try (MemoryPool memoryPool = MemoryPool.create(directory, 16 << 20, 10_000, 1)) {
            memoryPool.holdBack(1);
            Writer writer = new Writer(memoryPool, 4000);
            List<Integer> blocks = new ArrayList<>();
            int page;
            while ((page = memoryPool.grantBlock(2)) != MemoryPool.NO_BLOCK) {
                blocks.add(page);
            }
            // Every second block goes: half of the memory is free, in runs of two pages.
            for (int i = 0; i < blocks.size(); i += 2) {
                memoryPool.freeBlock(blocks.get(i), 2);
            }
            memoryPool.afterBatch(Long.MAX_VALUE);
            int stored = 0;
            while (!writer.isRefused()) {
                for (int i = 0; i < 16; i++) {
                    assertThat(writer.store()).as("accepted put %d is stored", stored++).isTrue();
                }
                memoryPool.afterBatch(Long.MAX_VALUE);
            }
            for (int i = 0; i < (256 << 10) / stagedLength(4000); i++) {
                assertThat(writer.store()).as("posted put %d is stored", i).isTrue();
            }
        }
    }

    @Test
    void storesRightAfterItsCreationWhileTheRestIsReserved() throws IOException {
        try (PoolDriver driver = PoolDriver.create(directory, 512 << 20, 100_000)) {
            PoolStatus status = driver.mapped.status();
            long atOnce = status.reserved(PoolFile.DATA);
            assertThat(atOnce).isLessThan(driver.mapped.geometry().dataLength());
            for (int i = 0; i < 3000; i++) {
                driver.put("key-" + i, value(20_000, i));
            }
            driver.check();
            while (status.reserved(PoolFile.DATA) < driver.mapped.geometry().dataLength()) {
                Thread.onSpinWait();
            }
            driver.put("last", value(1, 1));
            assertThat(driver.memoryPool.extents().pageEnd() * 4096L)
                    .isEqualTo(driver.mapped.geometry().dataLength());
            assertThat(driver.memoryPool.reserveFailure()).isEmpty();
            driver.check();
            driver.checkPages();
        }
    }

    /** Regions that delete files once the last of them is mapped: what is not reserved never will be. */
    private static Function<MemorySegment, MemoryRegion> deletingAfterMapping(List<Path> files) {
        int[] mapped = {0};
        return segment -> {
            // All but a link and a lane, the versions, which a pool of one checkpoint has none of, and the
            // two files that only those have whose values are moved to a disk.
            if (++mapped[0] == PoolFile.values().length - 5) {
                files.forEach(MemoryPoolLimitsTest::delete);
            }
            return new MemoryRegion(segment);
        };
    }

    private static void delete(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MemoryPool poolWithReservedEntries(int entries) throws IOException {
        MemoryPool.create(directory, 256 << 20, 400_000, 1).close();
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            pool.status().publishReserved(PoolFile.ENTRIES, EntryArray.lengthThrough(entries));
        }
        Path file = directory.resolve(PoolFile.ENTRIES.fileName());
        return PoolRecovery.recover(directory, deletingAfterMapping(List.of(file)));
    }

    @Test
    void usesNoEntryThatCouldNotBeReserved() throws IOException {
        try (MemoryPool memoryPool = poolWithReservedEntries(270_000)) {
            Writer writer = new Writer(memoryPool, 40);
            for (int stored = 0; stored < 270_000; stored++) {
                assertThat(writer.store()).isTrue();
            }
            assertThat(writer.store()).isFalse();
            assertThat(memoryPool.mapped().status().ordinalEnd()).isEqualTo(270_001);
        }
    }

    @Test
    void acceptsNoMoreKeysThanEntriesCouldBeReserved() throws IOException {
        try (MemoryPool memoryPool = poolWithReservedEntries(270_000)) {
            Writer writer = new Writer(memoryPool, 40);
            int stored = 0;
            while (!writer.isRefused()) {
                for (int i = 0; i < 256; i++) {
                    assertThat(writer.store()).isTrue();
                    stored++;
                }
                memoryPool.afterBatch(Long.MAX_VALUE);
            }
            assertThat(memoryPool.reserveFailure()).contains("memory could not be reserved");
            assertThat(stored).isLessThanOrEqualTo(270_000);
            while (writer.store()) {
                stored++;
            }
            assertThat(stored).as("no entry beyond the reserved ones is used").isEqualTo(270_000);
        }
    }

    @Test
    void acceptsNoMoreDataThanCouldBeReserved() throws IOException {
        Path data = directory.resolve(PoolFile.DATA.fileName());
        MemoryPool.create(directory, 64 << 20, 1000, 1).close();
        long reserved;
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            reserved = 40 << 20;
            pool.status().publishReserved(PoolFile.DATA, reserved);
        }
        try (MemoryPool memoryPool =
                PoolRecovery.recover(directory, deletingAfterMapping(List.of(data)))) {
            memoryPool.holdBack(4);
            List<Integer> blocks = new ArrayList<>();
            int page;
            while ((page = memoryPool.grantBlock(64)) != MemoryPool.NO_BLOCK) {
                blocks.add(page);
            }
            assertThat(memoryPool.reserveFailure())
                    .contains("memory could not be reserved: reserved=" + reserved + "B");
            assertThat(blocks).isNotEmpty().allMatch(first -> (first + 64) * 4096L <= reserved);
        }
    }

    @Test
    void givesBackItsMappingsWhenItCannotBeMade() throws IOException {
        Path data = directory.resolve(PoolFile.DATA.fileName());
        assertThatThrownBy(() -> MemoryPool.create(
                directory,
                MemoryPool.geometry(8 << 20, 1000, 1, WorkingSet.SINGLE),
                deletingAfterMapping(List.of(data))))
                .isInstanceOf(IOException.class);
        assertThat(mappedFiles()).isEmpty();
    }

    private List<String> mappedFiles() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(directory.toString()))
                .toList();
    }

    @Test
    void givesBackItsMappingsWhenItIsClosed() throws IOException {
        MemoryPool memoryPool = MemoryPool.create(directory, 256 << 20, 1000, 1);
        memoryPool.close();
        assertThat(mappedFiles()).isEmpty();
    }

    @Test
    void stopsReservingEvenWhenItsCloserIsInterrupted() throws IOException {
        MemoryPool memoryPool = MemoryPool.create(directory, 512 << 20, 1000, 1);
        Thread.currentThread().interrupt();
        try {
            memoryPool.close();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("ddict-reserve-" + directory.getFileName());
        assertThat(mappedFiles()).isEmpty();
        assertThat(PoolVerifier.verify(directory).isClean()).isTrue();
    }

    @Test
    void refusesAPoolTooSmallForItsTable() {
        assertThatThrownBy(
                () -> MemoryPool.create(directory, PoolGeometry.MEMORY_LENGTH_MIN, 1_000_000, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too many entries for the memory of a manager");
        assertThat(directory).isEmptyDirectory();
    }
}
