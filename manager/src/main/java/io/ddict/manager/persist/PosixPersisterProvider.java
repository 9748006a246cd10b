package io.ddict.manager.persist;

import java.io.IOException;
import java.nio.file.Path;

/** Makes persisters that keep files in a directory. */
public final class PosixPersisterProvider implements PersisterProvider {
    /** What configurations call it. */
    public static final String NAME = "posix";

    /** Called by the loader of services. */
    public PosixPersisterProvider() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Persister open(Path path, String dictionary, boolean readOnly) throws IOException {
        Path directory = path.resolve(dictionary);
        return readOnly
                ? PosixPersister.openToRead(new DiskFiles(), directory)
                : PosixPersister.open(new DiskFiles(), directory);
    }
}
