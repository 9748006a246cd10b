package io.ddict.manager.persist;

import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/*
 *   <path>/<dictionary>/continuous/<manager>-<generation>.records   a table
 *                                  manifest      which generation counts, and what it was made with
 *                                  lock          held by the service that has it
 *
 * Each service begins a generation of its own: it loads the one that counts, copies everything to new
 * tables, and then lets these count, by one rename. Whatever is of another generation is removed.
 */

/** The files that a dictionary is copied to as it changes, held by one service. */
final class ContinuousFiles implements Closeable {
    private static final String FORMAT = "1";
    private static final String MANIFEST = "manifest";
    private static final String SUFFIX = ".records";

    private final DiskFiles files = new DiskFiles();
    private final Path directory;
    private final FileChannel lock;
    private final Properties manifest;

    private ContinuousFiles(Path directory, FileChannel lock, Properties manifest) {
        this.directory = directory;
        this.lock = lock;
        this.manifest = manifest;
    }

    /**
     * Takes the files of a dictionary, or a directory for them.
     *
     * @throws IOException if another service has them, or they cannot be read or written
     */
    static ContinuousFiles open(Path path, String dictionary) throws IOException {
        DiskFiles files = new DiskFiles();
        Path directory = path.resolve(dictionary).resolve("continuous");
        files.createDirectories(directory);
        FileChannel lock = DiskFiles.lock(directory.resolve("lock"));
        if (lock == null) {
            throw new IOException(
                    "files of a continuous dictionary are in use: directory="
                            + directory
                            + "; attach to the dictionary, or choose another name or persistPath");
        }
        try {
            return new ContinuousFiles(directory, lock, read(directory.resolve(MANIFEST)));
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static Properties read(Path file) throws IOException {
        Properties manifest = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = new StringReader(Files.readString(file))) {
                manifest.load(reader);
            }
            if (!manifest.getProperty("format", "unknown").equals(FORMAT)) {
                throw new IOException(
                        "written by another version of DDict: format="
                                + manifest.getProperty("format", "unknown")
                                + ", known="
                                + FORMAT
                                + ", file="
                                + file);
            }
        }
        return manifest;
    }

    /** Whether there is something to load. */
    boolean hasContent() {
        return !manifest.isEmpty();
    }

    /** Seed of the hash by which keys are at their managers, if there is something to load. */
    long hashSeed() {
        return Long.parseLong(manifest.getProperty("hashSeed"));
    }

    /** Pieces that each table has room for, if there is something to load. */
    long piecesMax() {
        return Long.parseLong(manifest.getProperty("piecesMax"));
    }

    /** Throws if keys are at other managers than wanted. */
    void requireManagers(int managers, String placement) {
        String found = manifest.getProperty("managers");
        String foundPlacement = manifest.getProperty("placement");
        if (!Integer.toString(managers).equals(found) || !placement.equals(foundPlacement)) {
            throw new IllegalArgumentException(
                    "copied with keys at other managers: managers="
                            + managers
                            + ", placement="
                            + placement
                            + ", copied="
                            + found
                            + ", copiedPlacement="
                            + foundPlacement
                            + ", directory="
                            + directory
                            + "; create it with as many managers and the same placement");
        }
    }

    /** A manager's table of the generation that counts. */
    Path current(int manager) {
        return table(manager, generation());
    }

    /** A manager's table of the next generation. */
    Path next(int manager) {
        return table(manager, generation() + 1);
    }

    /** Where it lies. */
    FileStore disk() throws IOException {
        return Files.getFileStore(directory);
    }

    /** Lets the next generation count, and removes all others. */
    void advance(int managers, String placement, long hashSeed, long piecesMax)
            throws IOException {
        long generation = generation() + 1;
        manifest.setProperty("format", FORMAT);
        manifest.setProperty("generation", Long.toString(generation));
        manifest.setProperty("managers", Integer.toString(managers));
        manifest.setProperty("placement", placement);
        manifest.setProperty("hashSeed", Long.toString(hashSeed));
        manifest.setProperty("piecesMax", Long.toString(piecesMax));
        StringWriter text = new StringWriter();
        manifest.store(text, null);
        Path aside = directory.resolve(MANIFEST + ".new");
        try (FileChannel file = files.create(aside)) {
            files.write(file, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
            files.force(file);
        }
        files.rename(aside, directory.resolve(MANIFEST));
        files.forceDirectory(directory);
        removeOthers(generation);
    }

    /** Removes everything. */
    void remove() throws IOException {
        files.delete(directory.resolve(MANIFEST));
        files.forceDirectory(directory);
        removeOthers(-1);
    }

    /** Removes tables of generations that do not count. */
    void removeOthers() throws IOException {
        removeOthers(generation());
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private void removeOthers(long generation) throws IOException {
        for (Path each : files.list(directory)) {
            String name = each.getFileName().toString();
            if (name.endsWith(SUFFIX) && !name.endsWith("-" + generation + SUFFIX)) {
                files.delete(each);
            }
        }
    }

    private Path table(int manager, long generation) {
        return directory.resolve(manager + "-" + generation + SUFFIX);
    }

    private long generation() {
        @Nullable String generation = manifest.getProperty("generation");
        return generation == null ? 0 : Long.parseLong(generation);
    }
}
