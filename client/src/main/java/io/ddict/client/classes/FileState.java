package io.ddict.client.classes;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * By what a file is known to be as it was.
 *
 * @param name of a file in a folder, with slashes; of a folder in it with one at its end; else empty
 * @param length in bytes
 * @param modified when it was
 * @param key what the file system tells files apart by; null if nothing, or for folders
 */
record FileState(String name, long length, FileTime modified, @Nullable Object key) {
    /**
     * The states of a file, or of all that is in a folder, by their names.
     *
     * @return none if there are more files than {@code filesMax}, or they are longer than {@code lengthMax}
     *     together
     */
    static List<FileState> of(Path path, int filesMax, long lengthMax) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            return inFolder(path, filesMax, lengthMax);
        }
        return attributes.size() > lengthMax ? List.of() : List.of(ofFile("", attributes));
    }

    private static FileState ofFile(String name, BasicFileAttributes attributes) {
        return new FileState(
                name, attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
    }

    private static List<FileState> inFolder(Path folder, int filesMax, long lengthMax)
            throws IOException {
        Visitor visitor = new Visitor(folder, filesMax, lengthMax);
        Files.walkFileTree(
                folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
        visitor.found.sort(Comparator.comparing(FileState::name));
        return visitor.isTooLong() ? List.of() : List.copyOf(visitor.found);
    }

    /** Collects states until there are too many. */
    private static final class Visitor extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final int filesMax;
        private final long lengthMax;
        private final List<FileState> found = new ArrayList<>();
        private long length;

        Visitor(Path folder, int filesMax, long lengthMax) {
            this.folder = folder;
            this.filesMax = filesMax;
            this.lengthMax = lengthMax;
        }

        boolean isTooLong() {
            return found.size() > filesMax || length > lengthMax;
        }

        private String name(Path path) {
            return folder.relativize(path).toString();
        }

        @Override
        public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            String name = path.equals(folder) ? "" : name(path);
            found.add(new FileState(name + "/", 0, FileTime.fromMillis(0), null));
            return isTooLong() ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && Files.isReadable(path)) {
                found.add(ofFile(name(path), attributes));
                length += attributes.size();
            }
            return isTooLong() ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
        }

        // What cannot be read is no class here either.
        @Override
        public FileVisitResult visitFileFailed(Path path, IOException e) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }
}
