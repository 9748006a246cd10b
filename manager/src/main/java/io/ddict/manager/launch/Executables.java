package io.ddict.manager.launch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds executables before the start: the programs in front of a command would fail in its place. */
final class Executables {
    private Executables() {}

    /**
     * The executable's full path.
     *
     * @param searchPath folders to look in for a bare name; null for none
     * @throws IllegalArgumentException if it is not there, or is no executable
     */
    static Path find(String name, Path directory, @Nullable String searchPath) {
        if (name.indexOf('/') >= 0) {
            Path file = directory.resolve(name);
            if (isExecutable(file)) {
                return file;
            }
        } else if (searchPath != null && !name.isEmpty()) {
            for (String folder : searchPath.split(File.pathSeparator, -1)) {
                Path file = directory.resolve(folder).resolve(name);
                if (isExecutable(file)) {
                    return file;
                }
            }
        }
        throw new IllegalArgumentException(
                "executable not found: executable=" + name + ", directory=" + directory
                        + ", PATH=" + searchPath
                        + "; give its full path, or set PATH in the template's environment");
    }

    private static boolean isExecutable(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
