package io.ddict.manager.persist;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.Snapshot;
import io.ddict.store.table.RecordTable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records come back from a table whole, whenever the process that wrote them was killed. */
class TableInputTest {
    private static final int ORDINAL = 5;

    @TempDir
    Path directory;

    @Test
    void readsWhatWasWrittenTheOldestFirst() throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        List<byte[]> records = new ArrayList<>();
        try (RecordTable table = RecordTable.create(directory.resolve("table"), 20_000)) {
            RecordImageWriter writer = new RecordImageWriter(table);
            for (int i = 0; i < 100; i++) {
                byte[] record =
                        record(100 - i, i + 1, random.nextInt(1, 400), random.nextInt(5_000));
                records.addFirst(record);
                write(writer, record, i + 1, i % 2, random);
            }
            TableInput input = new TableInput(table);
            assertThat(input.versionMax()).isEqualTo(100);
            for (byte[] record : records) {
                assertThat(read(input)).isEqualTo(record);
            }
            assertThat(input.hasNext()).isFalse();
            assertThat(input.torn()).isZero();
        }
    }

    /** The replacing of a record, cut off after each of its steps. */
    @Test
    void findsTheOldRecordOrTheNewOneWhereverItsWriterWasKilled() throws IOException {
        SplittableRandom random = new SplittableRandom(12);
        byte[] old = record(7, ORDINAL, 20, 1_500);
        byte[] replacing = record(9, ORDINAL, 20, 2_500);
        int steps = pieces(replacing) + pieces(old);
        for (int cut = 0; cut <= steps; cut++) {
            try (RecordTable table = RecordTable.create(directory.resolve("cut" + cut), 1_000)) {
                RecordImageWriter writer = new RecordImageWriter(table);
                write(writer, old, ORDINAL, 0, random);
                write(writer, replacing, ORDINAL, 1, random);
                for (int piece = cut; piece < pieces(replacing); piece++) {
                    table.remove(ORDINAL, 1, piece);
                }
                for (int piece = 0; piece < cut - pieces(replacing); piece++) {
                    table.remove(ORDINAL, 0, piece);
                }
                TableInput input = new TableInput(table);
                byte[] last = null;
                while (input.hasNext()) {
                    last = read(input);
                }
                assertThat(last).as("cut off after step %s", cut)
                        .isEqualTo(cut < pieces(replacing) ? old : replacing);
            }
        }
    }

    @Test
    void passesOverARecordThatIsMixedWithAnEarlierOne() throws IOException {
        SplittableRandom random = new SplittableRandom(13);
        try (RecordTable table = RecordTable.create(directory.resolve("table"), 1_000)) {
            RecordImageWriter writer = new RecordImageWriter(table);
            write(writer, record(3, ORDINAL, 20, 2_000), ORDINAL, 0, random);
            byte[] third = new byte[RecordTable.PIECE_LENGTH];
            assertThat(table.get(ORDINAL, 0, 3, third)).isTrue();
            write(writer, record(4, ORDINAL, 20, 2_000), ORDINAL, 0, random);
            table.put(ORDINAL, 0, 3, third);
            TableInput input = new TableInput(table);
            assertThat(input.hasNext()).isFalse();
            assertThat(input.torn()).isEqualTo(1);
        }
    }

    private static int pieces(byte[] record) {
        return Math.ceilDiv(
                record.length + RecordImageWriter.CRC_LENGTH, RecordTable.PIECE_LENGTH);
    }

    private static byte[] record(long version, int ordinal, int keyLength, int valueLength) {
        byte[] bytes = new byte[Snapshot.HEADER_LENGTH + keyLength + valueLength];
        new SplittableRandom(version).nextBytes(bytes);
        MemorySegment header = MemorySegment.ofArray(bytes);
        header.set(Snapshot.VALUE_LENGTH, 0, valueLength);
        header.set(Snapshot.KEY_LENGTH, 8, keyLength);
        header.set(Snapshot.VALUE_LENGTH, Snapshot.VERSION_OFFSET, version);
        header.set(Snapshot.KEY_LENGTH, Snapshot.ORDINAL_OFFSET, ordinal);
        return bytes;
    }

    private static void write(
            RecordImageWriter writer, byte[] record, int ordinal, int side,
            SplittableRandom random) {
        MemorySegment bytes = MemorySegment.ofArray(record);
        writer.begin(ordinal, side);
        for (int at = 0; at < record.length;) {
            int part = Math.min(record.length - at, random.nextInt(1, 700));
            writer.write(bytes, at, part);
            at += part;
        }
        assertThat(writer.end()).isEqualTo(pieces(record));
    }

    private static byte[] read(TableInput input) {
        assertThat(input.hasNext()).isTrue();
        MemorySegment header = MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH]);
        input.next(header);
        int length = (int) header.get(Snapshot.VALUE_LENGTH, 0)
                + header.get(Snapshot.KEY_LENGTH, 8);
        MemorySegment all =
                MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH + length]);
        all.copyFrom(header);
        input.read(all, Snapshot.HEADER_LENGTH, length);
        return all.toArray(ValueLayout.JAVA_BYTE);
    }
}
