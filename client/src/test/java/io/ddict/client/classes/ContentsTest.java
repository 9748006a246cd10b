package io.ddict.client.classes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentsTest {
    private static final byte[] HASHED = "abc".getBytes(StandardCharsets.UTF_8);
    private static final String HASH_OF_ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    private Path folder;

    private final Contents contents = new Contents();

    @Test
    void hashesAFileBySha256() throws IOException {
        Path file = Files.write(folder.resolve("a.jar"), HASHED);

        assertThat(contents.of(file)).isEqualTo(new Content(HASH_OF_ABC, 3, List.of()));
    }

    @Test
    void readsAFileAgainOnlyWhenItHasChanged() throws IOException {
        Path file = Files.write(folder.resolve("a.jar"), HASHED);
        Content first = contents.of(file);
        FileTime time = Files.getLastModifiedTime(file);

        // The same length, time and identity: nobody can tell, so that it is not read.
        Files.write(file, "xyz".getBytes(StandardCharsets.UTF_8));
        Files.setLastModifiedTime(file, time);
        assertThat(contents.of(file)).isSameAs(first);

        Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 1));
        assertThat(contents.of(file).hash()).isNotEqualTo(HASH_OF_ABC);
    }

    @Test
    void knowsAFileThatTookAnothersPlaceByItsIdentity() throws IOException {
        Path file = Files.write(folder.resolve("a.jar"), HASHED);
        FileTime time = Files.getLastModifiedTime(file);
        assertThat(contents.of(file).hash()).isEqualTo(HASH_OF_ABC);

        Path other =
                Files.write(folder.resolve("b.jar"), "xyz".getBytes(StandardCharsets.UTF_8));
        Files.setLastModifiedTime(other, time);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

        assertThat(contents.of(file).hash()).isNotEqualTo(HASH_OF_ABC);
    }

    @Test
    void makesTheSameJarOfFoldersThatHoldTheSame() throws IOException {
        Path one = classes("one");
        Path two = classes("two");
        Files.setLastModifiedTime(two.resolve("a/b/C.class"), FileTime.fromMillis(0));

        assertThat(contents.of(one)).isEqualTo(contents.of(two));
        Files.writeString(two.resolve("a/b/C.class"), "other");
        assertThat(contents.of(one)).isNotEqualTo(contents.of(two));
        Files.writeString(two.resolve("a/b/C.class"), "class");
        assertThat(contents.of(one)).isEqualTo(contents.of(two));
        Files.move(two.resolve("a/b/C.class"), two.resolve("a/b/D.class"));
        assertThat(contents.of(one)).isNotEqualTo(contents.of(two));
    }

    private Path classes(String name) throws IOException {
        Path classes = folder.resolve(name);
        Files.createDirectories(classes.resolve("a/b"));
        Files.writeString(classes.resolve("a/b/C.class"), "class");
        Files.writeString(classes.resolve("text"), "text");
        return classes;
    }

    @Test
    void writesOfAFolderWhatItHashes() throws Exception {
        Path classes = classes("classes");
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        Contents.write(classes, out);

        Content content = contents.of(classes);
        assertThat(out.size()).isEqualTo(content.length());
        assertThat(HexFormat.of().formatHex(Contents.digest().digest(out.toByteArray())))
                .isEqualTo(content.hash());
        Path file = Files.write(folder.resolve("made.jar"), out.toByteArray());
        try (JarFile jar = new JarFile(file.toFile())) {
            assertThat(jar.stream().map(each -> each.getName()))
                    .containsExactly("a/", "a/b/", "a/b/C.class", "text");
            assertThat(jar.getInputStream(jar.getEntry("a/b/C.class")).readAllBytes())
                    .asString(StandardCharsets.UTF_8).isEqualTo("class");
        }
    }

    @Test
    void namesWhatAJarsManifestNames() throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.CLASS_PATH, "lib/a.jar  ../b%20c.jar http://localhost/d.jar");
        Path jar = folder.resolve("a.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            out.finish();
        }

        assertThat(contents.of(jar).further())
                .containsExactly(
                        folder.resolve("lib/a.jar"), folder.resolveSibling("b c.jar"));
    }

    @Test
    void sendsNoFolderOfTooManyFiles() throws IOException {
        Path many = Files.createDirectory(folder.resolve("many"));
        for (int i = 0; i < Contents.FILES_MAX; i++) {
            Files.createFile(many.resolve("file" + i));
        }

        assertThat(contents.of(many)).isEqualTo(Content.TOO_LONG);
        Files.delete(many.resolve("file0"));
        assertThat(contents.of(many).hash()).isNotEmpty();
    }

    @Test
    void passesOverLoopsOfLinks() throws IOException {
        Path classes = classes("classes");
        String hash = contents.of(classes).hash();

        Files.createSymbolicLink(classes.resolve("a/loop"), classes);

        assertThat(contents.of(classes).hash()).isEqualTo(hash);
    }
}
