package io.ddict.manager;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where one dictionary's pools are. */
interface DictionaryDirectory {
    /** The directory itself. */
    Path path();

    /** The directory of a manager's pool. */
    default Path pool(int manager) {
        return path().resolve(Integer.toString(manager));
    }

    /** Makes the directory of a manager's pool. */
    default Path createPool(int manager) throws IOException {
        return Files.createDirectory(pool(manager), ClusterDirectory.OWNER_ONLY);
    }

    /** Whether pools are there that an earlier service left to be taken over. */
    default boolean isKept() {
        return false;
    }

    /** Says that every pool is made. */
    default void complete() throws IOException {}

    /** Removes it with all pools. */
    void remove() throws IOException;

    /** Leaves it, with its pools if they are to be kept. */
    void leave() throws IOException;

    /** Whether what {@link #leave} leaves can be taken over. */
    default boolean isRestartable() {
        return false;
    }
}
