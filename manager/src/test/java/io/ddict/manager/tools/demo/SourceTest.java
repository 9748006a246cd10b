package io.ddict.manager.tools.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.manager.tools.demo.Source.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceTest {
    @TempDir
    private Path folder;

    @Test
    void listsAndReadsTheFilesOfAFolder() throws IOException {
        Files.createDirectories(folder.resolve("b/c"));
        Files.writeString(folder.resolve("b/c/two"), "22");
        Files.writeString(folder.resolve("one"), "1");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("one"));

        try (Source source = Source.open(folder)) {
            assertThat(source.list())
                    .containsExactly(new SourceFile("b/c/two", 2), new SourceFile("one", 1));
            assertThat(source.read("b/c/two")).isEqualTo("22".getBytes(UTF_8));
            assertThatThrownBy(() -> source.read("three"))
                    .isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void listsAndReadsTheFilesOfAnArchive() throws IOException {
        Path archive = folder.resolve("archive.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (String path : new String[]{"one", "b/", "b/two"}) {
                zip.putNextEntry(new ZipEntry(path));
                zip.write(path.endsWith("/") ? new byte[0] : path.getBytes(UTF_8));
            }
        }

        try (Source source = Source.open(archive)) {
            assertThat(source.list())
                    .containsExactly(new SourceFile("b/two", 5), new SourceFile("one", 3));
            assertThat(source.read("b/two")).isEqualTo("b/two".getBytes(UTF_8));
            assertThatThrownBy(() -> source.read("three"))
                    .isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void refusesWhatIsNotThereAndWhatIsNoArchive() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "no zip");

        assertThatThrownBy(() -> Source.open(folder.resolve("absent")))
                .isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> Source.open(text)).isInstanceOf(ZipException.class);
    }
}
