package io.ddict.client.protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * Where this user's clusters live on this machine:
 *
 *   /dev/shm/ddict-<uid>/<cluster>/.socket         the session socket
 *                                  .address        where the service listens for other machines
 *                                  .secret         what who connects from there has to know
 *                                  .tls            where the files of TLS are, if connections are encrypted
 *                                  .lock           locked for as long as the service lives
 *                                  .classes        class paths that other nodes sent
 *                                  <dictionary>/<manager>/...   the pools
 *                       .kept/<dictionary>/<manager>/...        those that may outlive a cluster
 *
 * No name of a cluster or dictionary begins with a dot.
 *
 * Another place for /dev/shm can be given by the environment variable DDICT_DIRECTORY or the system
 * property ddict.directory.
 */

/** Paths of clusters, readable by their owner only. */
public final class RuntimeDirectory {
    /** Name of the session socket in a cluster's directory. */
    public static final String SOCKET = ".socket";

    /** Name of the lock file in a cluster's directory. */
    public static final String LOCK = ".lock";

    /** Name of the file in a cluster's directory that tells where its service listens. */
    public static final String ADDRESS = ".address";

    /** Name of the file in a cluster's directory that holds its secret. */
    public static final String SECRET = ".secret";

    /** Name of the file in a cluster's directory that tells how connections are encrypted, if they are. */
    public static final String TLS = ".tls";

    /** Environment variable that names another place for clusters. */
    public static final String VARIABLE = "DDICT_DIRECTORY";

    /** System property that does so too, and counts before. */
    public static final String PROPERTY = "ddict.directory";

    private static final String KEPT = ".kept";

    private static final Pattern CLUSTER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,79}");
    private static final String PARENT_DEFAULT = "/dev/shm";

    private RuntimeDirectory() {}

    /** The directory of all clusters of this user; made if it is not there. */
    public static Path ofUser() throws IOException {
        Path directory = userPath();
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        int owner = (int) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (owner != userId()) {
            throw new IOException(
                    "directory belongs to another user: directory="
                            + directory
                            + ", owner="
                            + owner);
        }
        return directory;
    }

    /**
     * The directory of a cluster, whether it is there or not.
     *
     * @throws IllegalArgumentException if it cannot be a cluster's name
     */
    public static Path ofCluster(String cluster) {
        if (!CLUSTER.matcher(cluster).matches()) {
            throw new IllegalArgumentException(
                    "cluster name has other characters than letters, digits, '.', '-', '_', or over 80"
                            + " of them: name="
                            + cluster);
        }
        return userPath().resolve(cluster);
    }

    /** The directory of a dictionary that may outlive its cluster, whether it is there or not. */
    public static Path ofKept(String dictionary) {
        return userPath().resolve(KEPT).resolve(dictionary);
    }

    /** Names of the directories of clusters, running or not. */
    public static List<String> clusters() {
        return namesIn(userPath());
    }

    /** Names of the dictionaries that may outlive their clusters, in use or not. */
    public static List<String> kept() {
        return namesIn(userPath().resolve(KEPT));
    }

    private static List<String> namesIn(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            List<String> names = new ArrayList<>();
            entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> CLUSTER.matcher(name).matches())
                    .forEach(names::add);
            names.sort(null);
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@link #VARIABLE} must be in a process that is to find the same clusters. */
    public static String parent() {
        String named = named();
        return named != null ? named : PARENT_DEFAULT;
    }

    /** The place that this process was told; null if it was told none. */
    public static @Nullable String named() {
        String property = System.getProperty(PROPERTY);
        String named = property != null ? property : System.getenv(VARIABLE);
        return named == null ? null : Path.of(named).toAbsolutePath().toString();
    }

    private static Path userPath() {
        return Path.of(parent()).resolve("ddict-" + userId());
    }

    /** Number of the user who runs this process. */
    static int userId() {
        try {
            return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
