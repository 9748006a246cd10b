package io.ddict.manager.files;

import io.ddict.store.pool.PoolFile;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A directory with all that is in it, and what the link of a pool to a disk leads to. */
public final class FileTree {
    private static final System.Logger LOGGER = System.getLogger(FileTree.class.getName());

    private FileTree() {}

    // A disk that fails keeps nobody from what is in memory.
    private static void removeFromDisk(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.WARNING, "file cannot be removed: file=" + file, e);
        }
    }

    /** Removes a directory with all that is in it, or a file, if it is there; others may do so, too. */
    public static void remove(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                if (attributes.isSymbolicLink() && file.endsWith(PoolFile.SPILL.fileName())) {
                    removeFromDisk(Files.readSymbolicLink(file));
                }
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                    Path directory, @Nullable IOException e)
                    throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
