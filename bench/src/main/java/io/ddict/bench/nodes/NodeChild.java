package io.ddict.bench.nodes;

import io.ddict.client.DDictTimeoutException;
import io.ddict.pool.Policy;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.Redirect;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;

/** A child on a node of the run, started by the node's service. */
final class NodeChild implements Child {
    private static final Duration END_TIMEOUT = Duration.ofSeconds(2);

    private final Process process;

    private NodeChild(Process process) {
        this.process = process;
    }

    static NodeChild start(String host, List<String> command) {
        ProcessTemplate template = ProcessTemplate
                .executable(
                        command.getFirst(),
                        command.subList(1, command.size()).toArray())
                .stdin(Redirect.PIPE)
                .stdout(Redirect.PIPE);
        return new NodeChild(Process.start(template, Policy.onHost(host)));
    }

    @Override
    public String host() {
        return process.host();
    }

    @Override
    public boolean hasOwnClock() {
        return true;
    }

    @Override
    public OutputStream input() {
        return process.stdin();
    }

    @Override
    public InputStream output() {
        return process.stdout();
    }

    @Override
    public void close() {
        try {
            process.stdin().close();
            process.join(END_TIMEOUT);
        } catch (IOException | DDictTimeoutException e) {
            process.kill();
        }
    }
}
