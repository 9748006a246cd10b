package io.ddict.bench.peers;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** A store that the benchmark's parent process made; closing it ends it and frees its memory. */
public interface Service extends AutoCloseable {
    /** Text without blanks by which {@link Peer#attach} finds it from another process. */
    String address();

    /** Directory of the files that hold all of its content, if it keeps it in files. */
    default Optional<Path> directory() {
        return Optional.empty();
    }

    /** Bytes of those files that hold nothing and could hold more content. */
    default long unusedLength() {
        return 0;
    }

    /**
     * Bytes of memory that its content takes, if it is in a process of its own; may take that process
     * a collection of its garbage.
     */
    default OptionalLong usedLength() {
        return OptionalLong.empty();
    }

    /** Returns when the memory it will use is there, so that its making is not measured. */
    default void awaitReady() {}

    @Override
    void close();
}
