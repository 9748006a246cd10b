package io.ddict.manager;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.allocation.StartedNodes;
import io.ddict.manager.allocation.ThisMachine;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * The node service's process. It says "ready" on standard output once it can be connected to. With
 * --parent-pipe it ends when its standard input does: the pipe's other end is the parent, and the
 * kernel closes it however the parent ends. With --session-pipe both streams are a session, and it ends
 * with that.
 *
 * A service that joins a cluster reads the cluster's secret from its standard input, so that it is in no list
 * of processes and no environment.
 */

/**
 * Entry point of the node service: {@code --cluster NAME [--parent-pipe | --session-pipe] [--listen
 * HOST[:PORT]] [--join HOST:PORT [--further HOST,...]]}.
 */
public final class NodeMain {
    private static final int ANY_PORT = 0;
    private static final int SECRET_LENGTH_MAX = 1024;

    private NodeMain() {}

    /** Runs the service until it is stopped. */
    public static void main(String[] arguments) throws IOException {
        List<String> options = List.of(arguments);
        String cluster = option(options, "--cluster");
        if (cluster == null) {
            throw new IllegalArgumentException("missing option: --cluster NAME");
        }
        String join = option(options, "--join");
        String secret = join == null ? null : readLine(System.in);
        StartedNodes further = startFurther(options, secret);
        try {
            run(NodeService.start(cluster, listening(options, join, secret)), options);
        } finally {
            if (further != null) {
                further.close();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void run(NodeService service, List<String> options) throws IOException {
        Runtime.getRuntime().addShutdownHook(new Thread(service::close, "ddict-shutdown"));
        if (options.contains("--session-pipe")) {
            PipedSession.serve(service);
        } else {
            say("ready " + service.cluster());
        }
        if (options.contains("--parent-pipe")) {
            Thread.ofPlatform().daemon().name("ddict-parent").start(() -> endWithParent(service));
        }
        service.awaitStop();
        service.close();
    }

    private static @Nullable ListenOptions listening(
            List<String> options, @Nullable String join, @Nullable String secret)
            throws IOException {
        String listen = option(options, "--listen");
        if (join == null || secret == null) {
            return listen == null
                    ? null
                    : ListenOptions.at(NodeAddress.parse(listen, ANY_PORT));
        }
        NodeAddress other = NodeAddress.parse(join);
        String own = listen == null ? ThisMachine.addressToward(other.host(), "localhost") : listen;
        return ListenOptions.at(NodeAddress.parse(own, ANY_PORT))
                .joining(other, ClusterSecret.of(secret, "standard input"));
    }

    /** Starts what this one is told to start, with the same arguments, before it is busy itself. */
    private static @Nullable StartedNodes startFurther(
            List<String> options, @Nullable String secret) throws IOException {
        String hosts = option(options, StartedNodes.FURTHER_OPTION);
        if (hosts == null || secret == null) {
            return null;
        }
        List<String> command = new ArrayList<>(ThisMachine.command());
        int named = command.lastIndexOf(StartedNodes.FURTHER_OPTION);
        command.subList(named, named + 2).clear();
        return StartedNodes.startFurther(List.of(hosts.split(",")), command, secret);
    }

    // Not a byte further, which is what the parent's pipe is for.
    private static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            if (line.size() == SECRET_LENGTH_MAX) {
                throw new IOException("first line of standard input is not a secret: too long");
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.US_ASCII);
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
                        new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8)) {
            out.println(line);
        }
    }
}
