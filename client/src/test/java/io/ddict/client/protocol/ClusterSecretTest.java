package io.ddict.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ClusterSecretTest {
    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void nameAFile() {
        file = directory.resolve("secret");
        System.setProperty(ClusterSecret.FILE_PROPERTY, file.toString());
    }

    @AfterEach
    void forgetTheFile() {
        System.clearProperty(ClusterSecret.FILE_PROPERTY);
    }

    @Test
    void isKeptInAFileThatOnlyItsOwnerCanUse() throws IOException {
        ClusterSecret drawn = ClusterSecret.draw();
        drawn.write(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file)).matches("[0-9a-f]{64}\n");
        assertThat(ClusterSecret.ofCluster("any")).isEqualTo(drawn)
                .isNotEqualTo(ClusterSecret.draw());
        assertThatThrownBy(() -> drawn.write(file)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void isNotTold() throws IOException {
        ClusterSecret drawn = ClusterSecret.draw();
        drawn.write(file);
        assertThat(drawn).hasToString("ClusterSecret").hasSameHashCodeAs(ClusterSecret.draw());
        Files.writeString(file, "f00d");
        assertThatThrownBy(() -> ClusterSecret.read(file))
                .hasMessage("not a secret: source=" + file
                        + "; 64 hexadecimal digits are expected");
        Files.writeString(file, "password of somebody's, and 64 characters long, or almost so ...");
        assertThatThrownBy(() -> ClusterSecret.read(file)).message().doesNotContain("password");
    }

    @Test
    void isRefusedWhereOthersMayReadIt() throws IOException {
        ClusterSecret.draw().write(file);
        for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----", "rwx------")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            assertThatThrownBy(() -> ClusterSecret.read(file)).isInstanceOf(IOException.class)
                    .hasMessage("secret file may be used by others: file=" + file + ", mode="
                            + mode + "; chmod 600 it");
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        assertThat(ClusterSecret.read(file)).isNotNull();
    }

    @Test
    void mayBeRootsForAGroupToRead() throws IOException {
        for (String mode : List.of("r--------", "rw-r-----", "r--r-----")) {
            PrivateFile.checkAccess("secret file", file, 0, 1000,
                    PosixFilePermissions.fromString(mode));
        }
        for (String mode : List.of("rw-rw----", "rw-r-x---", "rw-r--r--", "rw-r---w-")) {
            assertThatThrownBy(
                    () -> PrivateFile.checkAccess("secret file",
                            file, 0, 1000, PosixFilePermissions.fromString(mode)))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("secret file may be used by others: file=" + file);
        }
        assertThatThrownBy(
                () -> PrivateFile.checkAccess("secret file",
                        file, 0, 0, PosixFilePermissions.fromString("rw-r-----")))
                .hasMessageStartingWith("secret file may be used by others: file=" + file);
    }

    @Test
    void isRefusedWhereItIsOfAnotherUser() {
        assertThatThrownBy(
                () -> PrivateFile.checkAccess("secret file",
                        file, 1001, 1000, PosixFilePermissions.fromString("rw-------")))
                .hasMessage(
                        "secret file belongs to another user: file=" + file + ", owner=1001");
    }

    @Test
    void isReadThroughLinks() throws IOException {
        Path mounted = Files.createDirectories(directory.resolve("..2026")).resolve("secret");
        ClusterSecret drawn = ClusterSecret.draw();
        drawn.write(mounted);
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026"));
        Files.createSymbolicLink(file, Path.of("..data", "secret"));
        assertThat(ClusterSecret.ofCluster("any")).isEqualTo(drawn);
    }

    @Test
    void isRefusedWhereThereIsNoneOrMuchElse() throws IOException {
        assertThatThrownBy(() -> ClusterSecret.read(file)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("no secret file: file=" + file);
        ClusterSecret.draw().write(file);
        Files.writeString(file, "0".repeat(1025));
        assertThatThrownBy(() -> ClusterSecret.read(file))
                .hasMessageContaining("secret file too long").hasMessageContaining("length=1025B");
    }

    @Test
    @Timeout(60)
    void isOneHoweverManyDrawItAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Callable<ClusterSecret> draw = () -> ClusterSecret.ofClusterOrDrawn("any");
            List<Future<ClusterSecret>> drawn = threads.invokeAll(Stream.generate(() -> draw)
                    .limit(32)
                    .toList());
            for (Future<ClusterSecret> each : drawn) {
                assertThat(each.get()).isEqualTo(ClusterSecret.read(file));
            }
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }
}
