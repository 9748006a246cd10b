package io.ddict.manager.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.NodeAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A node in a process of its own: {@code DIRECTORY [PORT]}, then a command a line. */
final class ControlNodeMain {
    private ControlNodeMain() {}

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, UTF_8);
        ControlSettings settings = ControlSettings.in(Path.of(arguments[0]));
        try (TestNode node =
                arguments.length == 1
                        ? TestNode.found(settings)
                        : TestNode.join(
                                settings,
                                new NodeAddress("127.0.0.1", Integer.parseInt(arguments[1])))) {
            out.println("ready " + node.group.number() + " " + node.address().port());
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(answer(node.group, line.split(" ", -1)));
            }
        }
    }

    private static String answer(ControlGroup group, String[] words) {
        long startNs = System.nanoTime();
        try {
            String answer = switch (words[0]) {
                case "claim" -> {
                    Duration timeout = Duration.ofMillis(Long.parseLong(words[2]));
                    List<Integer> seats = List.of(group.number());
                    yield "claimed " + group.claim(words[1], seats, new byte[0], timeout).epoch();
                }
                case "lease" -> "lease " + group.holdsLease() + " " + group.isExpelled();
                case "peers" -> "peers " + group.leader() + " " + group.peers();
                case "living" ->
                        "living " + group.state().living().stream().map(Member::number).toList();
                default -> throw new IllegalArgumentException("unknown: " + words[0]);
            };
            return answer + " in " + (System.nanoTime() - startNs) / 1_000_000 + "ms";
        } catch (DDictException e) {
            return "refused in " + (System.nanoTime() - startNs) / 1_000_000 + "ms: "
                    + e.getMessage();
        }
    }
}
