package io.ddict.manager.cluster;

import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A node with its own transport, in this JVM. */
final class TestNode implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    final LoopbackTransport transport;
    final ControlGroup group;

    private TestNode(LoopbackTransport transport, ControlGroup group) {
        this.transport = transport;
        this.group = group;
        transport.serve(group::handle);
    }

    static TestNode found(ControlSettings settings) throws IOException {
        return start(settings, null);
    }

    static TestNode join(ControlSettings settings, NodeAddress any) throws IOException {
        return start(settings, any);
    }

    private static TestNode start(ControlSettings settings, @Nullable NodeAddress any)
            throws IOException {
        LoopbackTransport transport = new LoopbackTransport();
        try {
            ControlMember self =
                    new ControlMember("here", transport.address(), ProcessHandle.current().pid());
            return new TestNode(
                    transport, any == null
                            ? ControlGroup.found(self, settings, transport)
                            : ControlGroup.join(self, settings, any, transport, TIMEOUT));
        } catch (RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    static ControlSettings settings(Path directory) {
        return ControlSettings.in(directory);
    }

    NodeAddress address() {
        return transport.address();
    }

    /** Ends as a process that is killed does: without a word, all connections at once. */
    void kill() throws IOException {
        transport.close();
        group.close();
    }

    @Override
    public void close() throws IOException {
        group.close();
        transport.close();
    }
}
