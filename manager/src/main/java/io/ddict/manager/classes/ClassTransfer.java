package io.ddict.manager.classes;

import io.ddict.client.classes.Contents;
import io.ddict.client.protocol.ClassPathEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Set;

/** An entry on its way to this node: written aside, and given its name once it is whole. */
final class ClassTransfer {
    private final Object owner;
    private final ClassPathEntry entry;
    private final Path file;
    private final FileChannel channel;
    private final MessageDigest digest = Contents.digest();
    private long length;
    // Whoever waits for it looks at this.
    private volatile long heardNs;

    ClassTransfer(Object owner, ClassPathEntry entry, Path file, long nowNs) throws IOException {
        this.owner = owner;
        this.entry = entry;
        this.file = file;
        this.heardNs = nowNs;
        this.channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rw-------")));
    }

    Object owner() {
        return owner;
    }

    ClassPathEntry entry() {
        return entry;
    }

    long heardNs() {
        return heardNs;
    }

    /** Appends; nothing after the end. */
    synchronized void add(byte[] bytes, long nowNs) throws IOException {
        heardNs = nowNs;
        if (!channel.isOpen()) {
            return;
        }
        length += bytes.length;
        if (length > entry.length()) {
            throw changed();
        }
        digest.update(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /**
     * Gives the file its name.
     *
     * @throws IllegalArgumentException if it is not what was announced
     */
    synchronized void complete(Path named) throws IOException {
        channel.close();
        if (length != entry.length() || !Contents.text(digest).equals(entry.hash())) {
            throw changed();
        }
        Files.move(file, named, StandardCopyOption.ATOMIC_MOVE);
    }

    private IllegalArgumentException changed() {
        return new IllegalArgumentException(
                "class path changed while it was sent: path=" + entry.path() + ", length="
                        + entry.length() + "B, sent=" + length + "B; start the process again");
    }

    /** Removes what came. */
    synchronized void drop() throws IOException {
        channel.close();
        Files.deleteIfExists(file);
    }
}
