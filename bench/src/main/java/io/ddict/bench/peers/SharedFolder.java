package io.ddict.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A folder on /dev/shm for a benchmark's files: {@code ddict-bench-<process id>-<random>}. */
public final class SharedFolder implements Service {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "ddict-bench-";

    private final Path folder;
    private final Thread removal;

    private SharedFolder(Path folder) {
        this.folder = folder;
        // An interrupted benchmark leaves nothing either.
        this.removal = new Thread(() -> deleteTree(folder), "remove-" + folder.getFileName());
        Runtime.getRuntime().addShutdownHook(removal);
    }

    /** Makes one, and removes those of processes that are gone. */
    public static SharedFolder create() throws IOException {
        sweep();
        String prefix = PREFIX + ProcessHandle.current().pid() + "-";
        return new SharedFolder(Files.createTempDirectory(SHARED_MEMORY, prefix));
    }

    @Override
    public String address() {
        return folder.toString();
    }

    @Override
    public Optional<Path> directory() {
        return Optional.of(folder);
    }

    @Override
    public void close() {
        deleteTree(folder);
        Runtime.getRuntime().removeShutdownHook(removal);
    }

    private static void sweep() throws IOException {
        try (DirectoryStream<Path> folders =
                Files.newDirectoryStream(SHARED_MEMORY, PREFIX + "[0-9]*")) {
            for (Path folder : folders) {
                String name = folder.getFileName().toString();
                String owner = name.substring(PREFIX.length(), name.indexOf('-', PREFIX.length()));
                if (ProcessHandle.of(Long.parseLong(owner)).isEmpty()) {
                    deleteTree(folder);
                }
            }
        }
    }

    private static void deleteTree(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(folder)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("benchmark files not removed: folder=" + folder, e);
        }
    }
}
