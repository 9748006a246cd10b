package io.ddict.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordTableTest {
    private static final int RECORDS = 2_000;

    @TempDir
    Path directory;

    @Test
    void findsWhatWasPutWhateverBecameOfTheProcessThatPutIt() throws IOException {
        Path file = directory.resolve("table");
        // Never closed, as by a process that is killed.
        RecordTable left = RecordTable.create(file, 2 * RECORDS);
        for (int i = 1; i <= RECORDS; i++) {
            left.put(i, i % 2, 0, piece(i));
            left.put(i, i % 2, 1, piece(-i));
        }
        for (int i = 1; i <= RECORDS; i += 3) {
            left.remove(i, i % 2, 0);
            left.remove(i, i % 2, 1);
        }
        left.force();
        Path copy = Files.copy(file, directory.resolve("copy"));
        try (RecordTable table = RecordTable.recover(copy, 2 * RECORDS)) {
            byte[] bytes = new byte[RecordTable.PIECE_LENGTH];
            for (int i = 1; i <= RECORDS; i++) {
                assertThat(table.get(i, i % 2, 0, bytes)).isEqualTo(i % 3 != 1);
                assertThat(table.get(i, 1 - i % 2, 0, bytes)).isFalse();
                if (i % 3 != 1) {
                    assertThat(table.get(i, i % 2, 1, bytes)).isTrue();
                    assertThat(bytes).isEqualTo(piece(-i));
                }
            }
            List<Integer> firsts = new ArrayList<>();
            table.forEachFirst((ordinal, side, first) -> {
                assertThat(side).isEqualTo(ordinal % 2);
                assertThat(first).isEqualTo(piece(ordinal));
                firsts.add(ordinal);
            });
            assertThat(firsts).hasSize(RECORDS - (RECORDS + 2) / 3).doesNotHaveDuplicates();
        }
        left.close();
    }

    @Test
    void leavesOutPiecesWhoseBytesWereFlipped() throws IOException {
        Path file = directory.resolve("table");
        try (RecordTable table = RecordTable.create(file, RECORDS)) {
            for (int i = 1; i <= RECORDS; i++) {
                table.put(i, 0, 0, piece(i));
            }
        }
        byte[] content = Files.readAllBytes(file);
        int at = indexOf(content, piece(77)) + 100;
        try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
            damaged.seek(at);
            damaged.write(content[at] ^ 1);
        }
        try (RecordTable table = RecordTable.recover(file, RECORDS)) {
            byte[] bytes = new byte[RecordTable.PIECE_LENGTH];
            for (int i = 1; i <= RECORDS; i++) {
                assertThat(table.get(i, 0, 0, bytes)).as("record %s", i).isEqualTo(i != 77);
            }
        }
    }

    @Test
    void refusesAFileThatIsNoTable() throws IOException {
        Path file = Files.write(directory.resolve("table"), new byte[100_000]);
        assertThatThrownBy(() -> RecordTable.recover(file, 10))
                .isInstanceOf(IOException.class)
                .hasMessage("not a table of records: file=" + file);
    }

    private static byte[] piece(int number) {
        byte[] bytes = new byte[RecordTable.PIECE_LENGTH];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (number * 31 + i * (number | 1));
        }
        bytes[0] = (byte) number;
        bytes[1] = (byte) (number >> 8);
        return bytes;
    }

    private static int indexOf(byte[] content, byte[] wanted) {
        int at = 0;
        while (!Arrays.equals(content, at, at + wanted.length, wanted, 0, wanted.length)) {
            at++;
        }
        return at;
    }
}
