package io.ddict.manager;

import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * The node service's process. It says "ready" on standard output once it can be connected to. With
 * --parent-pipe it ends when its standard input does: the pipe's other end is the parent, and the
 * kernel closes it however the parent ends.
 */

/** Entry point of the node service: {@code --cluster NAME [--parent-pipe] [--listen HOST[:PORT]]}. */
public final class NodeMain {
    private static final int ANY_PORT = 0;

    private NodeMain() {}

    /** Runs the service until it is stopped. */
    public static void main(String[] arguments) throws IOException {
        List<String> options = List.of(arguments);
        String cluster = option(options, "--cluster");
        if (cluster == null) {
            throw new IllegalArgumentException("missing option: --cluster NAME");
        }
        String listen = option(options, "--listen");
        NodeService service = NodeService.start(
                cluster,
                listen == null ? null : ListenOptions.at(NodeAddress.parse(listen, ANY_PORT)));
        Runtime.getRuntime().addShutdownHook(new Thread(service::close, "ddict-shutdown"));
        say("ready " + service.cluster());
        if (options.contains("--parent-pipe")) {
            Thread.ofPlatform().daemon().name("ddict-parent").start(() -> endWithParent(service));
        }
        service.awaitStop();
        service.close();
        Runtime.getRuntime().halt(0);
    }

    private static @Nullable String option(List<String> options, String name) {
        int value = options.indexOf(name) + 1;
        return value == 0 || value >= options.size() ? null : options.get(value);
    }

    private static void endWithParent(NodeService service) {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said on this pipe; only its end matters.
            }
        } catch (IOException e) {
            // As good as its end.
        }
        service.stop();
    }

    private static void say(String line) {
        try (PrintStream out =
                new PrintStream(
                        new java.io.FileOutputStream(java.io.FileDescriptor.out),
                        true,
                        StandardCharsets.UTF_8)) {
            out.println(line);
        }
    }
}
