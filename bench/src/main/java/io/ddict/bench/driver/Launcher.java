package io.ddict.bench.driver;

import io.ddict.bench.peers.JavaCommand;
import io.ddict.bench.peers.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Builds the command lines of client processes: this JVM, this class path, the peer's flags. */
final class Launcher {

    private final Path nodeArguments;

    /**
     * Takes the argument file of JVMs that need flags.
     *
     * @param nodeArguments the file
     * @throws IllegalArgumentException if it is not there
     */
    Launcher(Path nodeArguments) {
        if (!Files.isReadable(nodeArguments)) {
            throw new IllegalArgumentException(
                    "no argument file: file=" + nodeArguments.toAbsolutePath()
                            + "; run in the repository, or give --node-args");
        }
        this.nodeArguments = nodeArguments;
    }

    List<String> command(Peer peer, Class<?> mainClass) {
        return JavaCommand.of(flags(peer), peer.classPathFilter(), mainClass);
    }

    /** Flags of the peer's client processes; none for DDict's. */
    List<String> flags(Peer peer) {
        return peer.flags(nodeArguments);
    }
}
