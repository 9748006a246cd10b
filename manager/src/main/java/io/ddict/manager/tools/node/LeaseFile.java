package io.ddict.manager.tools.node;

import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.NodeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;

/*
 * A supervisor asks often whether a service is well, and a JVM that asks takes a third of a second of
 * a CPU. So the service writes it down, and the time of the file tells that it still does.
 */

/** The file {@code .lease} in a cluster's directory, touched while the service holds its lease. */
public final class LeaseFile {
    /** Name of the file. */
    public static final String NAME = ".lease";

    /** Between two looks at the lease. */
    public static final Duration INTERVAL = Duration.ofSeconds(1);

    private final NodeService service;
    private final Path file;

    /** Of a service's directory; writes nothing yet. */
    public LeaseFile(NodeService service) {
        this.service = service;
        this.file = RuntimeDirectory.ofCluster(service.cluster()).resolve(NAME);
    }

    /**
     * Looks at the lease at each interval until the service is stopped, or its lease has not held for a time.
     *
     * @return whether it was stopped
     */
    public boolean keepUntilStop(Duration lostTimeout) throws IOException {
        long heldNs = System.nanoTime();
        do {
            long nowNs = System.nanoTime();
            if (service.holdsLease()) {
                heldNs = nowNs;
                touch();
            } else if (nowNs - heldNs > lostTimeout.toNanos()) {
                return false;
            }
        } while (!service.awaitStop(INTERVAL));
        return true;
    }

    private void touch() throws IOException {
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
        } catch (NoSuchFileException e) {
            Files.createFile(file);
        }
    }
}
