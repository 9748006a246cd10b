package io.ddict.manager.tools.demo;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Where files come from: a folder with all that is below it, or a zip archive. */
sealed interface Source extends AutoCloseable {
    /** A file's path within its source, with slashes, and its length in bytes. */
    record SourceFile(String path, long length) {}

    /** Opens a folder or an archive. */
    static Source open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return new Folder(path);
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "neither a folder nor an archive");
        }
        return new Archive(new ZipFile(path.toFile()));
    }

    /** The sources of the JDK that runs this. */
    static Path ofJdk() {
        return Path.of(System.getProperty("java.home"), "lib", "src.zip");
    }

    /** All files, by their paths. Reads the folder or the archive's directory, not the files. */
    List<SourceFile> list() throws IOException;

    /** The bytes of one of them. */
    byte[] read(String path) throws IOException;

    @Override
    void close() throws IOException;

    /** Files of a folder; what is not a regular file, such as a link, is left out. */
    record Folder(Path root) implements Source {
        @Override
        public List<SourceFile> list() throws IOException {
            try (Stream<Path> paths = Files.walk(root)) {
                return paths.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                        .map(this::file)
                        .sorted(Comparator.comparing(SourceFile::path))
                        .toList();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }

        @Override
        public byte[] read(String path) throws IOException {
            return Files.readAllBytes(root.resolve(path));
        }

        @Override
        public void close() {}

        private SourceFile file(Path path) {
            try {
                String name = root.relativize(path).toString().replace(File.separatorChar, '/');
                return new SourceFile(name, Files.size(path));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Files of a zip archive. */
    record Archive(ZipFile zip) implements Source {
        @Override
        public List<SourceFile> list() {
            return zip.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(entry -> new SourceFile(entry.getName(), Math.max(0, entry.getSize())))
                    .sorted(Comparator.comparing(SourceFile::path))
                    .toList();
        }

        @Override
        public byte[] read(String path) throws IOException {
            ZipEntry entry = zip.getEntry(path);
            if (entry == null) {
                throw new NoSuchFileException(zip.getName(), path, "not in the archive");
            }
            try (InputStream stream = zip.getInputStream(entry)) {
                return stream.readAllBytes();
            }
        }

        @Override
        public void close() throws IOException {
            zip.close();
        }
    }
}
