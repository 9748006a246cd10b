package io.ddict.bench.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder for a benchmark's files in shared memory, where a node service has its own. */
final class TemporaryFolder implements AutoCloseable {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final Path path;

    private TemporaryFolder(Path path) {
        this.path = path;
        // An interrupted benchmark leaves nothing either.
        Runtime.getRuntime().addShutdownHook(new Thread(this::removeAtExit));
    }

    static TemporaryFolder create() throws IOException {
        return new TemporaryFolder(Files.createTempDirectory(SHARED_MEMORY, "ddict-jmh-"));
    }

    Path path() {
        return path;
    }

    /** Removes it with its files. */
    @Override
    public void close() throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> files = Files.list(path)) {
                List<Path> all = files.toList();
                for (Path file : all) {
                    Files.delete(file);
                }
            }
            Files.delete(path);
        }
    }

    private void removeAtExit() {
        try {
            close();
        } catch (IOException e) {
            System.err.println("benchmark files not removed: folder=" + path + ", cause=" + e);
        }
    }
}
