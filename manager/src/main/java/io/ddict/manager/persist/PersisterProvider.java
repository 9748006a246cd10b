package io.ddict.manager.persist;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes persisters of one kind. Found by {@link java.util.ServiceLoader} on the class path of the node
 * service: put its jar into the folder {@code lib} of the installation.
 */
public interface PersisterProvider {
    /** What a dictionary's configuration names it by, such as {@code posix}. */
    String name();

    /**
     * Opens the place of a dictionary's checkpoints, and makes it if it is not there.
     *
     * @param path where, as the dictionary's configuration says; absolute
     * @param dictionary its name
     * @param readOnly whether nothing will be written or removed
     * @throws IOException if it cannot be had, or another process writes there; says why
     */
    Persister open(Path path, String dictionary, boolean readOnly) throws IOException;
}
