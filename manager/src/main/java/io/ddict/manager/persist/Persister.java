package io.ddict.manager.persist;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Keeps the checkpoints of one dictionary somewhere: in files, an object store, a database. What is
 * kept are streams of bytes, one for each checkpoint and manager, and a few bytes about the dictionary;
 * a persister need not know what is in them, for whoever reads them checks them.
 *
 * <p>One of a user's own is found by {@link PersisterProvider}. Methods are called by several threads,
 * but never two at once for the same stream.
 */
public interface Persister extends AutoCloseable {
    /**
     * Begins a stream. It must not be seen by {@link #checkpoints} before it was committed, and never in
     * part: whatever ends the process, or the machine, it is there whole or not at all. One that was
     * committed before is replaced in the same way.
     */
    Stream create(long checkpoint, int manager) throws IOException;

    /**
     * Opens a committed stream from its start.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    ReadableByteChannel open(long checkpoint, int manager) throws IOException;

    /** Checkpoints of a manager whose streams were committed and not removed. */
    SortedSet<Long> checkpoints(int manager) throws IOException;

    /** Removes a stream; nothing happens if there is none. */
    void remove(long checkpoint, int manager) throws IOException;

    /** The bytes about the dictionary that were written last; empty if there were none. */
    Optional<byte[]> manifest() throws IOException;

    /** Replaces the bytes about the dictionary, all or nothing. */
    void manifest(byte[] bytes) throws IOException;

    /** Names a stream for people, such as by the path of its file. */
    String locate(long checkpoint, int manager);

    /** Lets go of everything; streams that were not committed are forgotten. */
    @Override
    void close() throws IOException;

    /** A stream that is being written. */
    interface Stream extends WritableByteChannel {
        /** Makes the stream last: when this returns it survives a crash of the machine. */
        void commit() throws IOException;

        /** Ends writing; what was not committed is forgotten. */
        @Override
        void close() throws IOException;
    }
}
