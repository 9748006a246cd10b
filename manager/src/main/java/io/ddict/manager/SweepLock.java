package io.ddict.manager;

import io.ddict.client.protocol.RuntimeDirectory;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/*
 * Excludes making, removing and sweeping clusters of one user from each other. The lock file goes
 * with the last cluster, so whoever gets the lock looks whether the file that it locked is still the
 * one that has the name, and tries again if not.
 */

/** The lock on the directory of a user's clusters. */
final class SweepLock implements Closeable {
    private static final String FILE_NAME = "sweep.lock";
    private static final int ATTEMPTS_MAX = 1000;

    // A file lock is the process's: it does not exclude its threads from each other, but fails them.
    private static final Semaphore WITHIN_PROCESS = new Semaphore(1);

    private final Path path;
    private final FileChannel channel;
    private final FileLock lock;

    private SweepLock(Path path, FileChannel channel, FileLock lock) {
        this.path = path;
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits for the lock; nobody holds it for longer than files take to be made or removed. */
    static SweepLock acquire() throws IOException {
        WITHIN_PROCESS.acquireUninterruptibly();
        try {
            return acquireFromOthers();
        } catch (IOException | RuntimeException | Error e) {
            WITHIN_PROCESS.release();
            throw e;
        }
    }

    private static SweepLock acquireFromOthers() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Path path = RuntimeDirectory.ofUser().resolve(FILE_NAME);
            try {
                FileChannel channel = ClusterDirectory.openLockFile(path);
                FileLock lock = channel.lock();
                if (isNamed(path, channel)) {
                    return new SweepLock(path, channel, lock);
                }
                channel.close();
            } catch (NoSuchFileException e) {
                // The directory went between its making and the lock file's: again.
            }
        }
        throw new IOException("lock of the user's clusters cannot be had");
    }

    boolean isHeld() {
        return lock.isValid();
    }

    /** Removes the lock file and the directory that it guards, if nothing else is there. */
    void removeIfUnused() throws IOException {
        if (!RuntimeDirectory.clusters().isEmpty() || !RuntimeDirectory.kept().isEmpty()) {
            return;
        }
        Files.deleteIfExists(path);
        Path directory = path.getParent();
        if (directory != null) {
            Files.deleteIfExists(directory);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            WITHIN_PROCESS.release();
        }
    }

    // What is written through the channel is read through the name only if both are one file.
    private static boolean isNamed(Path path, FileChannel channel) throws IOException {
        byte[] token = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
        channel.truncate(0).write(ByteBuffer.wrap(token));
        return Arrays.equals(Files.readAllBytes(path), token);
    }
}
