package io.ddict.manager;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/*
 * The node service's process. It says "ready" on standard output once it can be connected to. With
 * --parent-pipe it ends when its standard input does: the pipe's other end is the parent, and the
 * kernel closes it however the parent ends.
 */

/** Entry point of the node service: {@code --cluster NAME [--parent-pipe]}. */
public final class NodeMain {
    private NodeMain() {}

    /** Runs the service until it is stopped. */
    public static void main(String[] arguments) throws IOException {
        List<String> options = List.of(arguments);
        int name = options.indexOf("--cluster") + 1;
        if (name == 0 || name >= options.size()) {
            throw new IllegalArgumentException("missing option: --cluster NAME");
        }
        NodeService service = NodeService.start(options.get(name));
        Runtime.getRuntime().addShutdownHook(new Thread(service::close, "ddict-shutdown"));
        say("ready " + service.cluster());
        if (options.contains("--parent-pipe")) {
            Thread.ofPlatform().daemon().name("ddict-parent").start(() -> endWithParent(service));
        }
        service.awaitStop();
        service.close();
        Runtime.getRuntime().halt(0);
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
