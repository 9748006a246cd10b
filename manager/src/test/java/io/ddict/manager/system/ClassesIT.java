package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.classes.Contents;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClassPathEntry;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Class paths that are sent to a node service, whoever ends meanwhile. */
@ExtendWith(MachineExtension.class)
@Timeout(60)
class ClassesIT {
    private static final String CLUSTER = "classes";
    private static final byte[] BYTES = bytes();

    private static byte[] bytes() {
        byte[] bytes = new byte[100_000];
        new SplittableRandom(1).nextBytes(bytes);
        return bytes;
    }

    private static ClassPathEntry entry() {
        MessageDigest digest = Contents.digest();
        digest.update(BYTES);
        return new ClassPathEntry("/nowhere/app.jar", Contents.text(digest), BYTES.length);
    }

    @Test
    void letsTheNextOneSendWhatSomebodySentWhoEnds(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        NodeConnection first = connect(address);
        send(first, begin(first), 0, BYTES.length / 2);
        assertThat(files(machine)).hasSize(1);
        try (NodeConnection second = connect(address)) {
            assertThat(begin(second)).isNegative();

            first.close();

            Await.until(Duration.ofSeconds(10), () -> "turn", () -> {
                long number = begin(second);
                if (number >= 0) {
                    send(second, number, 0, BYTES.length);
                    end(second, number);
                }
                return number >= 0;
            });
            assertThat(Path.of(find(second))).hasBinaryContent(BYTES)
                    .hasParent(machine.userDirectory().resolve(CLUSTER).resolve(".classes"));
            assertThat(files(machine)).hasSize(1);
        }
    }

    @Test
    void leavesNothingOfAServiceThatWasKilledInMidWrite(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        NodeConnection client = connect(address);
        send(client, begin(client), 0, BYTES.length / 2);
        assertThat(files(machine)).hasSize(1);

        machine.service().kill();
        machine.service().awaitEnd();

        Await.until(Duration.ofSeconds(10), () -> "end", client::isLost);
        NodeAddress next = machine.startListeningService(CLUSTER);
        try (NodeConnection connection = connect(next)) {
            assertThat(find(connection)).isEmpty();
            assertThat(files(machine)).isEmpty();
        }
    }

    private static List<Path> files(Machine machine) throws IOException {
        Path folder = machine.userDirectory().resolve(CLUSTER).resolve(".classes");
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static NodeConnection connect(NodeAddress address) throws IOException {
        return NodeConnection.connect(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
    }

    private static String find(NodeConnection connection) throws IOException {
        try (DataInputStream answer = connection.call(Request.CLASSES_FIND, out -> {
            out.writeInt(1);
            entry().write(out);
        })) {
            return Fields.readTexts(answer).getFirst();
        }
    }

    private static long begin(NodeConnection connection) {
        try (DataInputStream answer =
                connection.call(Request.CLASSES_BEGIN, out -> entry().write(out))) {
            return answer.readLong();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(NodeConnection connection, long number, int from, int to) {
        DataInputStream _ = connection.call(Request.CLASSES_PIECE, out -> {
            out.writeLong(number);
            out.writeInt(to - from);
            out.write(BYTES, from, to - from);
        });
    }

    private static void end(NodeConnection connection, long number) {
        DataInputStream _ =
                connection.call(Request.CLASSES_END, out -> out.writeLong(number));
    }
}
