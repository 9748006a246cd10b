package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.files.FileTree;
import io.ddict.manager.persist.DiskFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/*
 * A dictionary that may outlive its service lies beside the clusters, where no service's end removes it:
 *
 *   <user>/.kept/<dictionary>/lock          locked by the service that has it; names its cluster
 *                             manifest      what it was made with; written last, removed first
 *                             <manager>/    the pools
 *
 * So what has a manifest is whole, and can be taken over once the lock is free. What has none and is
 * locked by nobody is what a service left that died while it made or removed it: that is swept. The
 * lock is taken where making and sweeping exclude each other.
 */

/** The directory of a dictionary that may outlive its service, locked by this one. */
final class KeptDirectory implements DictionaryDirectory {
    private static final String LOCK = "lock";
    private static final String MANIFEST = "manifest";

    private final Path path;
    private final FileChannel lockFile;
    private final KeptManifest manifest;
    private final boolean kept;

    private KeptDirectory(
            Path path, FileChannel lockFile, KeptManifest manifest, boolean kept) {
        this.path = path;
        this.lockFile = lockFile;
        this.manifest = manifest;
        this.kept = kept;
    }

    /**
     * Takes the directory of a dictionary, with what was kept of it if something was.
     *
     * @throws DDictException with status UNAVAILABLE if a service has it
     * @throws IllegalArgumentException if it was made with other settings
     */
    static KeptDirectory take(String cluster, DictionarySettings settings) throws IOException {
        try (SweepLock sweeping = SweepLock.acquire()) {
            assert sweeping.isHeld();
            Path path = RuntimeDirectory.ofKept(settings.name());
            Files.createDirectories(path, ClusterDirectory.OWNER_ONLY);
            FileChannel lockFile = DiskFiles.lock(path.resolve(LOCK));
            if (lockFile == null) {
                throw new DDictException(
                        DDictException.Status.UNAVAILABLE,
                        "a service has the restartable dictionary of this name: name="
                                + settings.name()
                                + ", cluster="
                                + Files.readString(path.resolve(LOCK))
                                + "; attach to it there, or stop that service first");
            }
            try {
                return taken(path, lockFile, cluster, settings);
            } catch (IOException | RuntimeException e) {
                lockFile.close();
                throw e;
            }
        }
    }

    private static KeptDirectory taken(
            Path path, FileChannel lockFile, String cluster, DictionarySettings settings)
            throws IOException {
        KeptManifest wanted = KeptManifest.of(settings);
        boolean kept = Files.exists(path.resolve(MANIFEST));
        if (kept) {
            wanted.requireSameAs(KeptManifest.read(path.resolve(MANIFEST)), settings.name());
        } else {
            removeHalfMade(path);
        }
        lockFile.truncate(0).write(ByteBuffer.wrap(cluster.getBytes(StandardCharsets.UTF_8)));
        return new KeptDirectory(path, lockFile, wanted, kept);
    }

    /** Whether a dictionary is kept that no service has. */
    static boolean isUnused(String name) throws IOException {
        Path path = RuntimeDirectory.ofKept(name);
        return Files.exists(path.resolve(MANIFEST)) && isUnlocked(path);
    }

    /** Removes a dictionary that no service has; under the lock of the sweep. */
    static void forget(String name) throws IOException {
        removeWhole(RuntimeDirectory.ofKept(name));
    }

    /** Removes what dead services left half made or half removed; under the lock of the sweep. */
    static void sweep() throws IOException {
        for (String name : RuntimeDirectory.kept()) {
            Path path = RuntimeDirectory.ofKept(name);
            if (!Files.exists(path.resolve(MANIFEST)) && isUnlocked(path)) {
                removeWhole(path);
            }
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public boolean isKept() {
        return kept;
    }

    @Override
    public void complete() throws IOException {
        Path aside = path.resolve(MANIFEST + ".new");
        manifest.write(aside);
        Files.move(aside, path.resolve(MANIFEST), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void remove() throws IOException {
        try (SweepLock sweeping = SweepLock.acquire()) {
            assert sweeping.isHeld();
            removeWhole(path);
            lockFile.close();
        }
    }

    @Override
    public void leave() throws IOException {
        lockFile.close();
    }

    @Override
    public boolean isRestartable() {
        return true;
    }

    // Its lock stays: it is this service's by now.
    private static void removeHalfMade(Path path) throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(path, file -> !file.endsWith(LOCK))) {
            for (Path file : files) {
                FileTree.remove(file);
            }
        }
    }

    private static void removeWhole(Path path) throws IOException {
        Files.deleteIfExists(path.resolve(MANIFEST));
        FileTree.remove(path);
        Path all = path.getParent();
        if (all != null && RuntimeDirectory.kept().isEmpty()) {
            Files.deleteIfExists(all);
        }
    }

    private static boolean isUnlocked(Path path) throws IOException {
        try (FileChannel lockFile = DiskFiles.lock(path.resolve(LOCK))) {
            return lockFile != null;
        }
    }
}
