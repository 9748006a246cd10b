package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * The node service needs libraries and JVM flags that a client must not need, so its jars lie in a
 * folder of their own:
 *
 *   <home>/lib/*.jar     class path of the service
 *   <home>/node.args     its JVM flags
 *
 * Looked for, in this order: the system property ddict.home, the environment variable DDICT_HOME,
 * the folder that this client's jar lies in (when it is the service's own), and the build tree that
 * this client was built in.
 */

/** Where the node service is installed, and the command that runs it. */
public final class NodeInstallation {
    private static final String MAIN_CLASS = "io.ddict.manager.NodeMain";
    private static final String BUILT_HOME = "manager/target/node";
    private static final String LIBRARIES = "lib";
    private static final String FLAGS = "node.args";

    private final Path home;

    private NodeInstallation(Path home) {
        this.home = home;
    }

    /**
     * Finds it.
     *
     * @throws DDictException with status UNAVAILABLE if it is in none of the places
     */
    public static NodeInstallation find() {
        List<Path> tried = new ArrayList<>();
        for (Path candidate : candidates()) {
            if (Files.isDirectory(candidate.resolve(LIBRARIES))) {
                return new NodeInstallation(candidate);
            }
            tried.add(candidate);
        }
        throw new DDictException(
                UNAVAILABLE,
                "node service is not installed: looked in "
                        + tried
                        + "; build it (mvn package) or set DDICT_HOME to a folder with lib/ and"
                        + " node.args");
    }

    /**
     * Whether a file belongs to an installation of DDict, the node service's or another part's: its folder is
     * {@code lib} beside {@code node.args}. It is taken to be on all nodes.
     */
    public static boolean contains(Path file) {
        Path folder = file.getParent();
        return folder != null && folder.endsWith(LIBRARIES)
                && Files.exists(folder.resolveSibling(FLAGS));
    }

    /** The command line; arguments follow. The JDK is the one that runs this process. */
    public List<String> command() {
        String java =
                ProcessHandle.current()
                        .info()
                        .command()
                        .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        List<String> command = new ArrayList<>(List.of(java));
        command.add("@" + home.resolve(FLAGS));
        command.add("-cp");
        command.add(home.resolve(LIBRARIES) + "/*");
        command.add(MAIN_CLASS);
        return command;
    }

    private static List<Path> candidates() {
        List<Path> candidates = new ArrayList<>();
        addNamed(candidates, System.getProperty("ddict.home"));
        addNamed(candidates, System.getenv("DDICT_HOME"));
        Path own = ownLocation();
        if (own != null) {
            Path folder = own.getParent();
            if (folder != null && folder.endsWith(LIBRARIES) && folder.getParent() != null) {
                candidates.add(folder.getParent());
            }
            // <root>/client/target/<jar or classes>
            Path module = folder == null ? null : folder.getParent();
            Path root = module == null ? null : module.getParent();
            if (root != null) {
                candidates.add(root.resolve(BUILT_HOME));
            }
        }
        return candidates;
    }

    private static void addNamed(List<Path> candidates, @Nullable String name) {
        if (name != null) {
            candidates.add(Path.of(name));
            candidates.add(Path.of(name).resolve(BUILT_HOME));
        }
    }

    private static @Nullable Path ownLocation() {
        CodeSource source = NodeInstallation.class.getProtectionDomain().getCodeSource();
        try {
            return source == null ? null : Path.of(source.getLocation().toURI()).toRealPath();
        } catch (URISyntaxException | IOException e) {
            return null;
        }
    }
}
