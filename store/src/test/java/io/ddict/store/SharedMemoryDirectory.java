package io.ddict.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Makes the directory of a test in shared memory, where pools live; JUnit deletes it. Its name tells the
 * process, so that the system tests can delete what a run left that was killed.
 */
public final class SharedMemoryDirectory implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
            throws IOException {
        return Files.createTempDirectory(Path.of("/dev/shm"),
                "ddict-test-" + ProcessHandle.current().pid() + "-");
    }
}
