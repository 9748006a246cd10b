package io.ddict.store;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/*
 * By calls of the system rather than the mapping: errors are told, and no other thread waits for them. What
 * is copied may be replaced meanwhile, and its space used again: whoever began it looks at that afterwards.
 */

/** Copies values to the file and back, on a thread of its own. The manager's thread. */
final class SpillCopier implements AutoCloseable {
    private static final int SLICE_LENGTH = 4 << 20;

    private final MemoryRegion data;
    private final Path file;
    private final ExecutorService thread;
    private @Nullable CompletableFuture<@Nullable Void> copying;
    private Runnable onCopied = () -> {};
    private volatile boolean isClosed;

    SpillCopier(MappedPool pool) {
        this.data = pool.data();
        this.file = pool.directory().resolve(PoolFile.SPILL.fileName());
        this.thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform()
                        .daemon()
                        .name("ddict-spill-" + pool.directory().getFileName())
                        .factory());
    }

    /** Sets what is called on this one's thread when everything is copied, or cannot be. */
    void onCopied(Runnable action) {
        onCopied = action;
    }

    /** Begins; nothing else may be copied. */
    void start(List<SpillMove> moves) {
        copying = CompletableFuture.runAsync(() -> copyAll(moves), thread);
        CompletableFuture<?> _ = copying.whenComplete((_, _) -> onCopied.run());
    }

    /** Whether something is copied, or was and {@link #take} was not called. */
    boolean isCopying() {
        return copying != null;
    }

    /** Whether it is done. */
    boolean isDone() {
        return copying != null && copying.isDone();
    }

    /** Ends what is done; whether all was copied, and is on the disk. */
    boolean take() {
        boolean isCopied = copying != null && !copying.isCompletedExceptionally();
        copying = null;
        return isCopied;
    }

    /** Gives up what is being copied; waits for a slice of it, or for the disk to have what was written. */
    @Override
    public void close() {
        isClosed = true;
        thread.close();
    }

    private void copyAll(List<SpillMove> moves) {
        try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
            for (SpillMove move : moves) {
                copy(channel, move);
            }
            if (!moves.getFirst().isBack()) {
                // Else what the system cannot write would be found missing when it is read.
                channel.force(false);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copy(FileChannel channel, SpillMove move) throws IOException {
        MemorySegment inMemory =
                data.writableSegment().asSlice(move.inMemory(), move.valueLength());
        for (long copied = 0; copied < move.valueLength();) {
            if (isClosed) {
                throw new ClosedChannelException();
            }
            long length = Math.min(SLICE_LENGTH, move.valueLength() - copied);
            ByteBuffer slice = inMemory.asSlice(copied, length).asByteBuffer();
            long onDisk = move.onDisk() + copied;
            int done = move.isBack() ? channel.read(slice, onDisk) : channel.write(slice, onDisk);
            if (done < 0) {
                throw new EOFException("values on the disk were cut off: file=" + file);
            }
            copied += done;
        }
        if (move.isBack()) {
            data.written(move.inMemory(), move.valueLength());
        }
    }
}
