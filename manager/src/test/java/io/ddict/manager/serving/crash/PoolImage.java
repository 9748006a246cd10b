package io.ddict.manager.serving.crash;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The files of a pool at one moment; without the key table, which no successor reads. */
final class PoolImage {
    /** No files. */
    static final PoolImage EMPTY = new PoolImage(Map.of());

    private final Map<String, byte[]> files;

    private PoolImage(Map<String, byte[]> files) {
        this.files = files;
    }

    static PoolImage take(Path directory) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                String name = file.getFileName().toString();
                if (Files.isRegularFile(file) && !name.equals("table")) {
                    files.put(name, Files.readAllBytes(file));
                }
            }
        }
        return new PoolImage(files);
    }

    /** Content by name of the file. */
    Map<String, byte[]> files() {
        return files;
    }
}
