package io.ddict.store.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ddict.store.SamplePool;
import io.ddict.store.SharedMemoryDirectory;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PoolVerifierTest {
    private static final int ENTRY_LENGTH = 32;

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    /** Something done to a pool at rest that no owner would do. */
    interface Damage {
        void to(MappedPool pool) throws IOException;
    }

    private static Arguments found(String text, Damage damage) {
        return arguments(text, damage);
    }

    private static void overwrite(MappedPool pool, PoolFile file, long offset, long value)
            throws IOException {
        overwrite(pool.directory().resolve(file.fileName()), offset, value);
    }

    private static void overwrite(Path path, long offset, long value) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(0, value),
                    offset);
        }
    }

    private static void overwriteEntry(MappedPool pool, int ordinal, int field, long value)
            throws IOException {
        overwrite(pool, PoolFile.ENTRIES, 64 + (ordinal - 1L) * ENTRY_LENGTH + field, value);
    }

    private static void overwriteSlot(MappedPool pool, long position, long value)
            throws IOException {
        overwrite(pool, PoolFile.RING, 256 + position % pool.ring().capacity() * 8, value);
    }

    private static void overwriteWay(MappedPool pool, int set, int way, long word)
            throws IOException {
        overwrite(pool, PoolFile.HINTS, 64 + set * 64L + way * 8L, word);
    }

    // Moves an entry to a copy of its record, wherever that may be.
    private static void moveTo(MappedPool pool, int ordinal, long offset, long handle) {
        MemoryRegion data = pool.data();
        long from = Handle.offset(pool.entries().handle(ordinal));
        long length =
                RecordLayout.length(
                        RecordLayout.keyLength(data, from), RecordLayout.valueLength(data, from));
        data.copyFrom(offset, data.readOnlySegment(), from, length);
        pool.entries().publishChange(ordinal, handle);
    }

    private static long offset(MappedPool pool, int ordinal) {
        return Handle.offset(pool.entries().handle(ordinal));
    }

    private static int sizeClass(MappedPool pool, int ordinal) {
        return Handle.sizeClass(pool.entries().handle(ordinal));
    }

    private static long slab(MappedPool pool, int ordinal) {
        return offset(pool, ordinal) & -16_384L;
    }

    private static void rewriteHeader(MappedPool pool, int ordinal, long version, int keyLength,
            long valueLength) {
        long offset = offset(pool, ordinal);
        MemoryRegion data = pool.data();
        RecordLayout.writeHeader(
                data,
                offset,
                version,
                keyLength,
                valueLength,
                RecordLayout.ordinal(data, offset),
                RecordLayout.keyTag(data, offset),
                RecordLayout.valueTag(data, offset));
    }

    private static int[] wayOf(MappedPool pool, int ordinal) {
        for (int set = 0; set < pool.geometry().hintSets(); set++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                if (pool.hints().ordinal(pool.hints().way(set, way)) == ordinal) {
                    return new int[]{set, way};
                }
            }
        }
        throw new AssertionError("no hint for ordinal " + ordinal);
    }

    static Stream<Arguments> damageOfTheRing() {
        return Stream.of(
                found("posted operations are not within one lap", pool -> pool.status()
                        .publishApplied(pool.ring().tail() + 1)),
                found("posted operations are not within one lap",
                        pool -> pool.status().publishApplied(-1)),
                found("posted operations are not within one lap", pool -> overwrite(
                        pool, PoolFile.RING, 128,
                        pool.status().applied() + pool.ring().capacity() + 1)),
                found("slot below the tail is not filled", pool -> overwriteSlot(
                        pool, pool.ring().tail() - 20, 0)),
                found("slot below the tail is not filled", pool -> overwriteSlot(
                        pool, pool.ring().tail() - 20, 17L << 46)),
                found("slot below the tail is not filled", pool -> overwrite(
                        pool, PoolFile.RING, 128, pool.ring().tail() + 1)),
                found("posted operation lies outside its staging ring", pool -> pool.ring()
                        .tryPublish(3, (1 << 18) - 1, 1, 0)),
                found("posting mark is beyond the tail", pool -> pool.marks()
                        .raise(0x77L << 32, pool.ring().tail() + 1)),
                found("posting mark is beyond the tail",
                        pool -> overwrite(pool, PoolFile.MARKS, 64, -1)));
    }

    static Stream<Arguments> damageOfTheEntries() {
        return Stream.of(
                found("handle is not within the reserved data", pool -> pool.entries()
                        .publishChange(1, Handle.small(1L << 50, 3))),
                found("handle is not within the reserved data",
                        pool -> pool.entries().publishChange(1, 64)),
                found("handle is not within the reserved data", pool -> pool.entries()
                        .publishChange(1, pool.entries().handle(1) + 4)),
                found("handle is not within the reserved data", pool -> pool.status()
                        .publishReserved(PoolFile.DATA, offset(pool, SamplePool.BLOCK))),
                found("record is not intact",
                        pool -> pool.data().putLong(offset(pool, 1), 1_000_000)),
                found("record is not intact",
                        pool -> pool.entries().publishChange(1, Handle.block(60))),
                found("record ends beyond the reserved data", pool -> pool.status()
                        .publishReserved(PoolFile.DATA, offset(pool, SamplePool.BLOCK) + 4096)),
                found("record is of another entry", pool -> pool.entries()
                        .publishChange(1, pool.entries().handle(2))),
                found("version is not that of an applied operation", pool -> rewriteHeader(
                        pool, 1, pool.status().applied() + 1, 5, SamplePool.VALUE_LENGTH)),
                found("version is not that of an applied operation", pool -> rewriteHeader(
                        pool, 1, 0, 5, SamplePool.VALUE_LENGTH)),
                found("key was created after its version", pool -> overwriteEntry(
                        pool, 2, 16, RecordLayout.version(pool.data(), offset(pool, 2)))),
                found("key was created after its version", pool -> overwriteEntry(pool, 2, 16, -1)),
                found("two entries have one key", pool -> pool.data()
                        .copyFrom(
                                offset(pool, 2) + RecordLayout.HEADER_LENGTH,
                                pool.data().readOnlySegment(),
                                offset(pool, 1) + RecordLayout.HEADER_LENGTH,
                                5)),
                found("chain of equal hashes is broken", pool -> pool.entries().putNext(1, 2)),
                found("chain of equal hashes is broken", pool -> pool.entries().putNext(1, -7)),
                found("chain of equal hashes is broken",
                        pool -> pool.entries().putNext(1, 100_000)),
                found("chain of equal hashes is broken", pool -> pool.entries()
                        .putNext(2, SamplePool.firstOfChain(pool))),
                found("chain of equal hashes has not one end", pool -> pool.entries()
                        .putNext(SamplePool.firstOfChain(pool), 0)),
                found("chain of equal hashes has not one end", pool -> {
                    int first = SamplePool.firstOfChain(pool);
                    pool.entries().putNext(first, first + 1);
                    pool.entries().putNext(first + 1, first);
                }),
                found("record is being moved", pool -> pool.entries().publishMoveStart(2)),
                found("slide is not finished",
                        pool -> pool.status().publishSlide(1, 8192, 4096, 10)));
    }

    static Stream<Arguments> damageOfTheSpace() {
        return Stream.of(
                found("two entries refer to one slot", pool -> pool.entries()
                        .publishChange(1, pool.entries().handle(2))),
                found("handle names no slot", pool -> moveTo(
                        pool, 1, offset(pool, 1) + 8, pool.entries().handle(1) + 8)),
                found("handle names no slot", pool -> moveTo(
                        pool, 1, 8192, Handle.small(8192, sizeClass(pool, 1)))),
                found("handle names no slot", pool -> {
                    int sizeClass = sizeClass(pool, SamplePool.WIDE);
                    int slots = 16_384 / SizeClasses.length(sizeClass);
                    long behindTheLast = slab(pool, SamplePool.WIDE)
                            + (long) slots * SizeClasses.length(sizeClass);
                    moveTo(pool, SamplePool.WIDE, behindTheLast,
                            Handle.small(behindTheLast, sizeClass));
                }),
                found("record is of another size class than its handle", pool -> pool.entries()
                        .publishChange(1, Handle.small(offset(pool, 1), sizeClass(pool, 1) + 1))),
                found("record is of another size class than its handle", pool -> pool.entries()
                        .publishChange(1, Handle.small(offset(pool, 1), SizeClasses.COUNT))),
                found("slab holds records of two size classes", pool -> {
                    int sizeClass = sizeClass(pool, SamplePool.WIDE);
                    long slot = slab(pool, 1) + SizeClasses.length(sizeClass);
                    moveTo(pool, SamplePool.WIDE, slot, Handle.small(slot, sizeClass));
                }),
                found("handle names no block", pool -> moveTo(
                        pool, SamplePool.BLOCK, offset(pool, SamplePool.BLOCK) + 8,
                        offset(pool, SamplePool.BLOCK) + 8)),
                found("space of two entries overlaps", pool -> moveTo(
                        pool, 1, offset(pool, SamplePool.BLOCK) + 4096,
                        offset(pool, SamplePool.BLOCK) + 4096)),
                found("space of two entries overlaps", pool -> moveTo(
                        pool, SamplePool.BLOCK, slab(pool, 1) + 4096 * 3,
                        slab(pool, 1) + 4096 * 3)),
                found("space of two entries overlaps", pool -> {
                    long slab = offset(pool, SamplePool.BLOCK) + 16_384 & -16_384L;
                    moveTo(pool, 1, slab, Handle.small(slab, sizeClass(pool, 1)));
                }));
    }

    static Stream<Arguments> damageOfTheHints() {
        return Stream.of(
                found("key is not found by its hint", pool -> {
                    int[] way = wayOf(pool, 2);
                    overwriteWay(pool, way[0], way[1], 0);
                }),
                found("key is not found by its hint", pool -> {
                    int[] way = wayOf(pool, 2);
                    long word = pool.hints().way(way[0], way[1]);
                    overwriteWay(pool, way[0], way[1], 0);
                    overwriteWay(pool, (way[0] + 20) % pool.geometry().hintSets(), 7, word);
                }),
                found("hint refers to no key", pool -> pool.hints().insert(12345, 100_000, 4096)),
                found("hint refers to no key",
                        pool -> pool.hints().insert(12345, SamplePool.REMOVED, 4096)),
                found("hint refers to no key", pool -> pool.hints().insert(12345, -3, 4096)),
                found("hint has not its key's tag", pool -> {
                    int[] way = wayOf(pool, 2);
                    long word = pool.hints().way(way[0], way[1]);
                    overwriteWay(pool, way[0], way[1], word ^ 1L << 62);
                }),
                found("hint has not its key's record", pool -> pool.hints()
                        .update(SamplePool.hash(pool, 2), 2, 12_288)),
                found("key has two hints", pool -> pool.hints().insert(
                        SamplePool.hash(pool, 2),
                        2,
                        Handle.offset(pool.entries().handle(2)))),
                found("free way is not zero", pool -> overwriteWay(
                        pool, freeWay(pool)[0], freeWay(pool)[1], 5L << 32)),
                found("flag stands in a way that has none", pool -> overwriteWay(
                        pool, freeWay(pool)[0], freeWay(pool)[1], Long.MIN_VALUE)));
    }

    private static int[] freeWay(MappedPool pool) {
        for (int set = 0; set < pool.geometry().hintSets(); set++) {
            if (pool.hints().way(set, 7) == 0) {
                return new int[]{set, 7};
            }
        }
        throw new AssertionError("no free way");
    }

    static Stream<Arguments> damageOfTheStatus() {
        return Stream.of(
                found("entry count is not the number of keys",
                        pool -> pool.status().publishEntryCount(3)),
                found("entry beyond the ordinal end is in use", pool -> pool.status()
                        .publishOrdinalEnd(SamplePool.BLOCK)),
                found("entry beyond the ordinal end is in use", pool -> overwriteEntry(
                        pool, pool.status().ordinalEnd() + 5, 0, 2)),
                found("entry beyond the ordinal end is in use", pool -> overwriteEntry(
                        pool, pool.geometry().entriesMax(), 16, 1)),
                found("ordinal end is not within the entries", pool -> pool.status()
                        .publishOrdinalEnd(pool.geometry().entriesMax() + 2)),
                found("ordinal end is not within the entries",
                        pool -> pool.status().publishOrdinalEnd(-1)),
                found("ordinal end is not within the entries", pool -> pool.status()
                        .publishReserved(PoolFile.ENTRIES, 64 + ENTRY_LENGTH)),
                found("reserved length is not within its file: file=data", pool -> pool.status()
                        .publishReserved(PoolFile.DATA, pool.geometry().dataLength() + 4096)),
                found("reserved length is not within its file: file=entries", pool -> pool.status()
                        .publishReserved(PoolFile.ENTRIES, -1)),
                found("gauges exceed the reserved data", pool -> pool.status()
                        .gauge(PoolCounter.FREE_BYTES, pool.geometry().dataLength() + 1)),
                found("gauges exceed the reserved data",
                        pool -> pool.status().gauge(PoolCounter.USED_BYTES, -1)),
                found("geometry damaged", pool -> overwrite(
                        pool, PoolFile.STATUS, 64, pool.geometry().dataLength() * 2)),
                found("pool file header damaged", pool -> overwrite(pool.linkPath(3), 8, 99)),
                found("link file has no number", pool -> Files.createFile(
                        pool.directory().resolve("link-three"))));
    }

    @ParameterizedTest
    @MethodSource({
        "damageOfTheRing",
        "damageOfTheEntries",
        "damageOfTheSpace",
        "damageOfTheHints",
        "damageOfTheStatus"
    })
    void findsWhatIsDamaged(String text, Damage damage) throws IOException {
        SamplePool.make(directory);
        assertThat(PoolVerifier.verify(directory).violations()).isEmpty();
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            damage.to(pool);
        }
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.isClean()).isFalse();
        assertThat(report.violations()).anyMatch(violation -> violation.startsWith(text));
        assertThat(report.violations())
                .allMatch(violation -> violation.matches("[a-z][a-z' ]*: .*=.*"));
        assertThat(report.text()).contains("pool is damaged").contains(text);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE,
            names = {"LINK", "LANE", "VERSIONS", "HEAT", "SPILL"})
    void reportsAFileThatIsNoneOfThePools(PoolFile file) throws IOException {
        SamplePool.make(directory);
        Path path = directory.resolve(file.fileName());
        Files.write(path, new byte[64], StandardOpenOption.WRITE);
        assertThat(PoolVerifier.verify(directory).violations())
                .singleElement()
                .asString()
                .startsWith("not a pool file of this layout: file=" + path);
        Files.delete(path);
        assertThat(PoolVerifier.verify(directory).violations())
                .singleElement()
                .asString()
                .startsWith("pool file cannot be mapped: directory=" + directory);
    }

    @Test
    void countsWhatThePoolHolds() throws IOException {
        SamplePool.make(directory);
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.isClean()).isTrue();
        assertThat(report.text())
                .startsWith("pool is clean: violations=0, entries=" + report.entries());
        assertThat(report.entries()).isEqualTo(SamplePool.KEYS);
        assertThat(report.inlineRecords() + report.blocks()).isEqualTo(SamplePool.KEYS);
        assertThat(report.blocks()).isEqualTo(2);
        assertThat(report.blockBytes()).isEqualTo(2 * SamplePool.BLOCK_PAGES * 4096L);
        assertThat(report.inlineBytes()).isBetween(SamplePool.KEYS * 24L, report.slabBytes());
        assertThat(report.keysWithoutHint()).isBetween(8L, 20L);
        assertThat(report.hints() + report.keysWithoutHint()).isEqualTo(SamplePool.KEYS);
        assertThat(report.posted()).isZero();
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            assertThat(report.slabBytes() + report.blockBytes() + report.freeBytes())
                    .isEqualTo(pool.geometry().dataLength() - PoolGeometry.PAGE_LENGTH);
        }
    }

    @Test
    void countsWhatIsPostedBeyondTheLowPosition() throws IOException {
        SamplePool.make(directory);
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            long tail = pool.ring().tail();
            pool.ring().tryPublish(3, 0, 1, 0);
            pool.ring().tryPublish(3, 1, 1, 0);
            overwrite(pool, PoolFile.RING, 128, tail - 1);
        }
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.isClean()).as(report.text()).isTrue();
        assertThat(report.posted()).isEqualTo(2);
    }

    @Test
    void changesNothing() throws IOException {
        SamplePool.make(directory);
        byte[][] before = contents();
        PoolVerifier.verify(directory);
        assertThat(contents()).isDeepEqualTo(before);
    }

    private byte[][] contents() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().map(PoolVerifierTest::read).toArray(byte[][]::new);
        }
    }

    private static byte[] read(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void touchesNoPageThatIsNotReserved() throws IOException, InterruptedException {
        PoolGeometry geometry = PoolGeometry.of(64 << 20, 100_000, keys -> 32L * keys, 1);
        try (MappedPool pool = MappedPool.create(directory, geometry)) {
            pool.status().publishReserved(PoolFile.DATA, 4096);
            pool.status().publishReserved(PoolFile.ENTRIES, 4096);
            String before = allocatedBlocks();
            PoolReport report = PoolVerifier.verify(directory);
            assertThat(report.isClean()).as(report.text()).isTrue();
            assertThat(allocatedBlocks()).isEqualTo(before);
        }
    }

    private String allocatedBlocks() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                "stat",
                "-c",
                "%b",
                directory.resolve("data").toString(),
                directory.resolve("entries").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String blocks = new String(process.getInputStream().readAllBytes(),
                java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(process.waitFor()).isZero();
        return blocks;
    }

    @Test
    void keepsTheTextsOfTheFirstThousandViolations() throws IOException {
        SamplePool.make(directory);
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            for (int index = 0; index < pool.geometry().markCount(); index++) {
                pool.marks().raise((long) index << 32, Long.MAX_VALUE);
            }
        }
        PoolReport report = PoolVerifier.verify(directory);
        assertThat(report.violations()).hasSize(1000);
        assertThat(report.violationCount()).isEqualTo(4096);
    }
}
