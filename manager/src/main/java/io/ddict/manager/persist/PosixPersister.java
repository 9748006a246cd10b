package io.ddict.manager.persist;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 *   <path>/<dictionary>/<checkpoint>-<manager>.checkpoint   a stream
 *                       manifest                           what it is about
 *                       lock                               held by the service that writes here
 *                       *.new                              being written; of no use to anybody else
 *
 * A file is written under another name, forced to the disk, renamed, and its directory forced: so it is
 * there whole or not at all, after a crash of the process and of the machine.
 */

/** Keeps checkpoints as files in a directory of any POSIX file system, also one that nodes share. */
final class PosixPersister implements Persister {
    private static final Pattern NAME = Pattern.compile("(\\d{1,18})-(\\d{1,9})\\.checkpoint");
    private static final String UNFINISHED = ".new";

    private final DiskFiles files;
    private final Path directory;
    private final @Nullable FileChannel lock;

    private PosixPersister(DiskFiles files, Path directory, @Nullable FileChannel lock) {
        this.files = files;
        this.directory = directory;
        this.lock = lock;
    }

    /** Opens a directory to read and write; there is one who does so at a time. */
    static PosixPersister open(DiskFiles files, Path directory) throws IOException {
        files.createDirectories(directory);
        FileChannel lock = DiskFiles.lock(directory.resolve("lock"));
        if (lock == null) {
            throw new IOException(
                    "persisted checkpoints are in use by another dictionary of this name: directory="
                            + directory
                            + "; destroy that one, or choose another name or persistPath");
        }
        try {
            for (Path each : files.list(directory)) {
                if (each.toString().endsWith(UNFINISHED)) {
                    files.delete(each);
                }
            }
            return new PosixPersister(files, directory, lock);
        } catch (IOException | RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    /** Opens a directory to read; somebody else may write meanwhile. */
    static PosixPersister openToRead(DiskFiles files, Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException("no persisted checkpoints: directory=" + directory);
        }
        return new PosixPersister(files, directory, null);
    }

    @Override
    public Stream create(long checkpoint, int manager) throws IOException {
        return new NewFile(path(checkpoint, manager));
    }

    @Override
    public ReadableByteChannel open(long checkpoint, int manager) throws IOException {
        return FileChannel.open(path(checkpoint, manager), StandardOpenOption.READ);
    }

    @Override
    public SortedSet<Long> checkpoints(int manager) throws IOException {
        SortedSet<Long> checkpoints = new TreeSet<>();
        for (Path each : files.list(directory)) {
            Matcher matcher = NAME.matcher(each.getFileName().toString());
            if (matcher.matches() && Integer.parseInt(matcher.group(2)) == manager) {
                checkpoints.add(Long.parseLong(matcher.group(1)));
            }
        }
        return checkpoints;
    }

    @Override
    public void remove(long checkpoint, int manager) throws IOException {
        files.delete(path(checkpoint, manager));
        files.forceDirectory(directory);
    }

    @Override
    public Optional<byte[]> manifest() throws IOException {
        Path path = directory.resolve("manifest");
        return Files.exists(path) ? Optional.of(Files.readAllBytes(path)) : Optional.empty();
    }

    @Override
    public void manifest(byte[] bytes) throws IOException {
        try (NewFile file = new NewFile(directory.resolve("manifest"))) {
            file.write(ByteBuffer.wrap(bytes));
            file.commit();
        }
    }

    @Override
    public String locate(long checkpoint, int manager) {
        return path(checkpoint, manager).toString();
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.close();
        }
    }

    private Path path(long checkpoint, int manager) {
        return directory.resolve(checkpoint + "-" + manager + ".checkpoint");
    }

    /** A file under another name until it is committed. */
    private final class NewFile implements Stream {
        private final Path path;
        private final Path unfinished;
        private final FileChannel file;
        private boolean renamed;

        NewFile(Path path) throws IOException {
            this.path = path;
            this.unfinished = path.resolveSibling(path.getFileName() + UNFINISHED);
            this.file = files.create(unfinished);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int length = bytes.remaining();
            files.write(file, bytes);
            return length;
        }

        @Override
        public void commit() throws IOException {
            files.force(file);
            file.close();
            files.rename(unfinished, path);
            renamed = true;
            files.forceDirectory(directory);
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() throws IOException {
            file.close();
            if (!renamed) {
                files.delete(unfinished);
            }
        }
    }
}
