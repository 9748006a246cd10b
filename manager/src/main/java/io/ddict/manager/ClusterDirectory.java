package io.ddict.manager;

import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.files.FileTree;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/*
 * A cluster's directory belongs to the service that holds the lock on its lock file; the kernel
 * drops the lock when the process ends, however it ends. So a directory whose lock can be had is
 * what somebody left behind, and is removed when the next service of the same user starts. Making
 * a directory and sweeping exclude each other by a lock on the user's directory.
 */

/** The directory of a running cluster: locked while open, removed when closed. */
final class ClusterDirectory implements Closeable {
    static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;
    private final FileChannel lockFile;

    private ClusterDirectory(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /** Sweeps what dead clusters left, then makes and locks the directory of a new one. */
    static ClusterDirectory create(String cluster) throws IOException {
        try (SweepLock sweeping = SweepLock.acquire()) {
            assert sweeping.isHeld();
            sweep();
            Path path = RuntimeDirectory.ofCluster(cluster);
            if (Files.exists(path)) {
                throw new IOException("a cluster of this name is running: cluster=" + cluster);
            }
            Files.createDirectory(path, OWNER_ONLY);
            FileChannel lockFile = openLockFile(path.resolve(RuntimeDirectory.LOCK));
            if (lockFile.tryLock() == null) {
                throw new IOException("lock of a new cluster is taken: cluster=" + cluster);
            }
            return new ClusterDirectory(path, lockFile);
        }
    }

    Path path() {
        return path;
    }

    /** Tells, to who may read this directory, where the service listens. */
    void publish(NodeAddress address) throws IOException {
        Path made = path.resolve(RuntimeDirectory.ADDRESS + ".new");
        Files.writeString(made, address + "\n");
        Files.move(made, path.resolve(RuntimeDirectory.ADDRESS), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Makes the directory of a dictionary that ends with this service. */
    DictionaryDirectory createDictionary(String name) throws IOException {
        return new EndingDirectory(Files.createDirectory(path.resolve(name), OWNER_ONLY));
    }

    /** Removes the directory, and the user's with it if no other cluster is there. */
    @Override
    public void close() throws IOException {
        try (SweepLock sweeping = SweepLock.acquire()) {
            FileTree.remove(path);
            lockFile.close();
            sweeping.removeIfUnused();
        }
    }

    private static void sweep() throws IOException {
        List<String> clusters = RuntimeDirectory.clusters();
        for (String cluster : clusters) {
            Path path = RuntimeDirectory.ofCluster(cluster);
            if (isLeftBehind(path)) {
                FileTree.remove(path);
            }
        }
        KeptDirectory.sweep();
    }

    private static boolean isLeftBehind(Path path) throws IOException {
        try (FileChannel file = openLockFile(path.resolve(RuntimeDirectory.LOCK));
                FileLock lock = file.tryLock()) {
            return lock != null;
        }
    }

    static FileChannel openLockFile(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** A dictionary's directory, removed with its service's at the latest. */
    private record EndingDirectory(Path path) implements DictionaryDirectory {
        @Override
        public void remove() throws IOException {
            FileTree.remove(path);
        }

        @Override
        public void leave() {}
    }
}
