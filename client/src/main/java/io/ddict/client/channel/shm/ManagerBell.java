package io.ddict.client.channel.shm;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The named pipe that wakes a manager. Safe from any thread. */
final class ManagerBell implements AutoCloseable {
    private static final String FILE_NAME = "doorbell";

    private final RandomAccessFile pipe;

    // Read and write: opening a pipe to write only waits for a reader. No FileChannel: an interrupted
    // thread that rings would close it for all. This one would make a file that is not there.
    ManagerBell(Path pool) throws IOException {
        Path path = pool.resolve(FILE_NAME);
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        pipe = new RandomAccessFile(path.toFile(), "rw");
    }

    /** Wakes the manager. A system call. */
    void ring() {
        try {
            pipe.write(1);
        } catch (IOException e) {
            throw new DDictException(UNAVAILABLE, "doorbell cannot be rung", e);
        }
    }

    @Override
    public void close() {
        try {
            pipe.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
