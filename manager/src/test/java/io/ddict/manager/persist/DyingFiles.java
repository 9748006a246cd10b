package io.ddict.manager.persist;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Files of a process that is killed before its nth operation on them, or in the middle of that: nothing
 * it would do afterwards happens.
 */
final class DyingFiles extends DiskFiles {
    private final AtomicInteger left;
    private final boolean inTheMiddle;

    /** The process is dead. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    DyingFiles(int operations, boolean inTheMiddle) {
        this.left = new AtomicInteger(operations);
        this.inTheMiddle = inTheMiddle;
    }

    /** Whether it came to that. */
    boolean isDead() {
        return left.get() < 0;
    }

    @Override
    void createDirectories(Path directory) throws IOException {
        live();
        super.createDirectories(directory);
    }

    @Override
    FileChannel create(Path path) throws IOException {
        live();
        return super.create(path);
    }

    @Override
    void write(FileChannel file, ByteBuffer bytes) throws IOException {
        if (inTheMiddle && left.get() == 0) {
            super.write(file, bytes.slice(bytes.position(), bytes.remaining() / 2));
        }
        live();
        super.write(file, bytes);
    }

    @Override
    void force(FileChannel file) throws IOException {
        live();
        super.force(file);
    }

    @Override
    void rename(Path from, Path to) throws IOException {
        live();
        super.rename(from, to);
    }

    @Override
    void forceDirectory(Path directory) throws IOException {
        live();
        super.forceDirectory(directory);
    }

    @Override
    void delete(Path path) throws IOException {
        live();
        super.delete(path);
    }

    private void live() {
        if (left.getAndUpdate(count -> count < 0 ? count : count - 1) <= 0) {
            throw new Killed();
        }
    }
}
