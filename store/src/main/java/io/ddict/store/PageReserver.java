package io.ddict.store;

import static io.ddict.store.pool.PoolFile.DATA;
import static io.ddict.store.pool.PoolFile.ENTRIES;
import static io.ddict.store.pool.PoolFile.VERSIONS;

import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/*
 * Takes the pages of the data and entries files ahead of their use. The first part is taken before
 * the pool opens, the rest by a thread of its own at about 1 GB/s, so that a big pool does not
 * delay its first put. Nobody touches a page that is not reserved: a file system that fills up is
 * then an error here, where it can be told, and not a SIGBUS in a client.
 */

/** Reserves a pool's memory in the background and publishes how far it came. */
final class PageReserver implements AutoCloseable {
    private static final long FIRST_LENGTH = 32L << 20;
    private static final long STEP_LENGTH = 8L << 20;

    private final MappedPool pool;
    private final PoolStatus status;
    private final long entriesLength;
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean finished;
    private volatile String failure = "";

    /** Takes the first part, then goes on in the background. */
    PageReserver(MappedPool pool, long entriesLength) throws IOException {
        this.pool = pool;
        this.status = pool.status();
        this.entriesLength = entriesLength;
        reserveThrough(ENTRIES, Math.min(entriesLength, FIRST_LENGTH / 4));
        reserveThrough(DATA, Math.min(dataLength(), FIRST_LENGTH));
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("ddict-reserve-" + pool.directory().getFileName())
                .unstarted(this::run);
        if (isComplete()) {
            finished = true;
        } else {
            thread.start();
        }
    }

    /** Whether nothing more will come: all is reserved, or the file system is full. */
    boolean isFinished() {
        return finished;
    }

    /** Why not all could be reserved, or empty. */
    String failure() {
        return failure;
    }

    /** Waits a moment for the next step; the caller looks again. */
    void awaitStep() {
        LockSupport.parkNanos(1_000_000);
    }

    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        // Even if interrupted: the mappings go next, and the thread must not meet them gone.
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closed && !isComplete()) {
                step(ENTRIES, entriesLength);
                step(DATA, dataLength());
            }
        } catch (IOException e) {
            failure = "memory could not be reserved: reserved="
                    + status.reserved(DATA)
                    + "B, wanted="
                    + dataLength()
                    + "B, cause="
                    + e.getMessage();
        } finally {
            finished = true;
        }
    }

    private void step(PoolFile file, long length) throws IOException {
        reserveThrough(file, Math.min(length, status.reserved(file) + STEP_LENGTH));
    }

    private void reserveThrough(PoolFile file, long end) throws IOException {
        // The first page holds the header and was taken when the file was made.
        long from = Math.max(status.reserved(file), Math.min(4096, end));
        if (from < end) {
            if (file == ENTRIES && pool.versions() != null) {
                // As long as the entries, and there before these are told to be.
                pool.reserve(VERSIONS, from, end);
            }
            pool.reserve(file, from, end);
        }
        status.publishReserved(file, Math.max(from, end));
    }

    private boolean isComplete() {
        return status.reserved(DATA) >= dataLength()
                && status.reserved(ENTRIES) >= entriesLength;
    }

    private long dataLength() {
        return pool.geometry().dataLength();
    }
}
