package io.ddict.manager;

import io.ddict.client.protocol.RuntimeDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Dictionaries of this user that outlived their services, and take memory until they are wanted. */
public final class KeptDictionaries {
    private KeptDictionaries() {}

    /** Those that no service has taken over, by name. */
    public static List<Kept> all() throws IOException {
        List<Kept> all = new ArrayList<>();
        for (String name : RuntimeDirectory.kept()) {
            if (KeptDirectory.isUnused(name)) {
                all.add(new Kept(name, length(RuntimeDirectory.ofKept(name))));
            }
        }
        return all;
    }

    /**
     * Gives the memory of one back.
     *
     * @return false if none of the name is kept, or a service has it
     */
    public static boolean forget(String name) throws IOException {
        try (SweepLock sweeping = SweepLock.acquire()) {
            boolean isUnused = KeptDirectory.isUnused(name);
            if (isUnused) {
                KeptDirectory.forget(name);
            }
            sweeping.removeIfUnused();
            return isUnused;
        }
    }

    private static long length(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            long length = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                length += Files.size(file);
            }
            return length;
        } catch (NoSuchFileException | UncheckedIOException e) {
            // It was just taken over or removed.
            return 0;
        }
    }

    /**
     * One of them.
     *
     * @param memoryLength bytes of its files
     */
    public record Kept(String name, long memoryLength) {}
}
