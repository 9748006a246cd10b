package io.ddict.store.pool;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.store.SharedMemoryDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PoolFileTest {
    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    @TempDir
    Path disk;

    private final PoolGeometry geometry = PoolGeometry.of(
            4 << 20, 1000, keys -> 64L * keys, 42, new WorkingSet(2, true, true))
            .withLimits(new PoolLimits(0.7, 1 << 20, 1 << 20));

    @BeforeEach
    void createPool() throws IOException {
        MappedPool.createSpill(directory, disk.resolve("values"), geometry);
        MappedPool.create(directory, geometry).close();
    }

    private Path path(PoolFile file) {
        return directory.resolve(file.fileName());
    }

    private void overwrite(Path path, long offset, long value) throws IOException {
        try (FileChannel channel = FileChannel.open(path, READ, WRITE)) {
            ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
            bytes.putLong(0, value);
            channel.write(bytes, offset);
        }
    }

    private void truncate(Path path, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(path, WRITE)) {
            channel.truncate(length);
        }
    }

    private void assertDamaged(String text) {
        assertThatThrownBy(() -> MappedPool.openAsClient(directory))
                .isInstanceOf(PoolDamagedException.class)
                .hasMessageContaining(text);
        assertThatThrownBy(() -> MappedPool.openAsOwner(directory))
                .isInstanceOf(PoolDamagedException.class)
                .hasMessageContaining(text);
    }

    private static List<PoolFile> files() {
        return Arrays.stream(PoolFile.values())
                .filter(file -> file != PoolFile.LINK && file != PoolFile.LANE)
                .toList();
    }

    @Test
    void opensWhatItMade() {
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            assertThat(pool.geometry()).isEqualTo(geometry);
        }
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            assertThat(pool.geometry()).isEqualTo(geometry);
        }
    }

    @Test
    void makesFilesThatOnlyTheirOwnerMayRead() throws IOException {
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            pool.createLink(3);
        }
        try (var paths = Files.list(directory)) {
            for (Path path : paths.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesAnotherMagic(PoolFile file) throws IOException {
        overwrite(path(file), 0, 0x4444_4943_5450_4C04L);
        assertDamaged("not a pool file of this layout: file=" + path(file));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesTheOtherByteOrder(PoolFile file) throws IOException {
        overwrite(path(file), 0, Long.reverseBytes(0x4444_4943_5450_4C03L));
        assertDamaged("not a pool file of this layout");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesAFileOfAnotherKind(PoolFile file) throws IOException {
        overwrite(path(file), 8, file.ordinal() + 1);
        assertDamaged("pool file header damaged: file=" + path(file));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesALengthThatIsNotOnDisk(PoolFile file) throws IOException {
        overwrite(path(file), 16, Files.size(path(file)) + 4096);
        assertDamaged("pool file header damaged");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesAFileCutShort(PoolFile file) throws IOException {
        truncate(path(file), Files.size(path(file)) - 8);
        assertDamaged("pool file header damaged");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesAFileWithoutAWholeHeader(PoolFile file) throws IOException {
        for (long length : new long[]{63, 8, 7, 0}) {
            truncate(path(file), length);
            assertDamaged("not a pool file of this layout");
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"LINK", "LANE"})
    void refusesAPoolWithAFileMissing(PoolFile file) throws IOException {
        Files.delete(path(file));
        assertDamaged("pool file cannot be mapped: directory=" + directory);
    }

    @Test
    void refusesTheFileOfAnotherPool() throws IOException {
        Path otherDirectory = Files.createDirectory(directory.resolve("other"));
        PoolGeometry other = PoolGeometry.of(
                16 << 20, 9000, keys -> 64L * keys, 42, geometry.workingSet())
                .withLimits(new PoolLimits(0.7, 1 << 20, 2 << 20));
        MappedPool.createSpill(otherDirectory, disk.resolve("other"), other);
        MappedPool.create(otherDirectory, other).close();
        for (PoolFile file : files()) {
            if (file == PoolFile.STATUS) {
                continue;
            }
            Path own = path(file);
            Path kept = directory.resolve("kept");
            Files.move(own, kept);
            Files.copy(otherDirectory.resolve(file.fileName()), own);
            assertDamaged("pool file of another geometry: file=" + own);
            Files.delete(own);
            Files.move(kept, own);
        }
        MappedPool.openAsClient(directory).close();
    }

    @Test
    void refusesADamagedLink() throws IOException {
        try (MappedPool pool = MappedPool.openAsOwner(directory)) {
            MemoryRegion link = pool.createLink(7);
            assertThat(link.length()).isEqualTo(LinkLayout.fileLength(geometry.stagingLength()));
            assertThatThrownBy(() -> pool.createLink(7))
                    .isInstanceOf(FileAlreadyExistsException.class);
            assertThatThrownBy(() -> pool.openLink(8)).isInstanceOf(NoSuchFileException.class);
            pool.openLink(7);
            link.putLong(8, 0);
            assertThatThrownBy(() -> pool.openLink(7))
                    .isInstanceOf(PoolDamagedException.class)
                    .hasMessageContaining("link-7");
        }
    }

    @Test
    void refusesToMakeAPoolWhereOneIs() throws IOException {
        overwrite(path(PoolFile.RING), 128, 17);
        assertThatThrownBy(() -> MappedPool.create(directory, geometry))
                .isInstanceOf(FileAlreadyExistsException.class);
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            assertThat(pool.ring().tail()).as("the old pool is as it was").isEqualTo(17);
        }
    }

    @Test
    void refusesAClientThatWritesWhereItMayNot() {
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            assertThatThrownBy(() -> pool.status().publishApplied(1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.entries().publishNew(1, 4096, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.hints().insert(1, 1, 4096))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void throwsAfterItIsClosedAndClosesTwice() {
        MappedPool pool = MappedPool.openAsClient(directory);
        pool.close();
        pool.close();
        assertThatThrownBy(() -> pool.status().applied()).isInstanceOf(IllegalStateException.class);
    }
}
