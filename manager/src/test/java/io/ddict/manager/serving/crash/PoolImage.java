package io.ddict.manager.serving.crash;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    /** A copy of a file's content, which words can be read from and written to. */
    MemorySegment copy(PoolFile file) {
        byte[] content = files.get(file.fileName());
        MemorySegment copy = Arena.ofAuto().allocate(content.length, Long.BYTES);
        copy.copyFrom(MemorySegment.ofArray(content));
        return copy;
    }

    /** The ring in such copies. */
    static PostingRing ring(MemorySegment ring, MemorySegment status) {
        int slots = (int) ((ring.byteSize() - DrivenClient.RING_SLOTS_OFFSET) / Long.BYTES);
        return new PostingRing(
                new MemoryRegion(ring), new PoolStatus(new MemoryRegion(status)), slots);
    }

    /** Content by name of the file. */
    Map<String, byte[]> files() {
        return files;
    }
}
