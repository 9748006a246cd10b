package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A service whose secret others guess stays as it was, and serves those who know it. */
@ExtendWith(MachineExtension.class)
@Timeout(600)
class StrangersIT {
    private static final int GUESSES = Integer.getInteger("ddict.guesses", 4_000);
    private static final int GUESSES_TO_WARM_UP = 2_000;
    private static final int GETS = 2_000;
    private static final String CLUSTER = "guessed";
    private static final String OTHER = "other";
    private static final Duration SOON = Duration.ofSeconds(10);
    // 2,500 a second: the guesses are to be borne, not to win the race for two cores.
    private static final long PAUSE_NS = 400_000;
    // Below it another process's turn on the core counts for more than all else.
    private static final long P99_NS_MIN = 5_000_000;
    private static final int OPEN_MAX = 1_000;
    // Handshakes in progress and refusals that wait, as the limits of the gateway say.
    private static final int DESCRIPTORS_MAX = 2 * 256 + 16;
    private static final long GROWTH_MAX = ByteSize.mib(32).bytes();

    private final ClusterSecret wrong = ClusterSecret.draw();

    // Guesses at another service take as much of the machine, and leave this one alone.
    @Test
    void staysFlatAndServesOthersHoweverManyWrongSecretsCome(Machine machine) throws Exception {
        NodeAddress other = machine.startListeningService(OTHER);
        NodeAddress address = machine.startListeningService(CLUSTER);
        Path service = Path.of("/proc/" + machine.service().pid());
        DDict<Object, Object> dict = machine.connect(CLUSTER)
                .create(DDictConfig.builder().name("d").totalMemory(ByteSize.mib(64)).build());
        TcpNode node = TcpNode.own(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
        try (ChannelClient client = new ChannelClient(
                TcpChannel.open(node, "d", 0, SOON), node::close, node::close)) {
            client.put("key", "value");
            guess(CLUSTER, address, GUESSES_TO_WARM_UP);
            guess(OTHER, other, GUESSES_TO_WARM_UP);
            Figures _ = during(client, service, () -> Await.pass(Duration.ofSeconds(2)));
            Figures quiet = during(client, service, () -> Await.pass(Duration.ofSeconds(1)));
            Figures beside =
                    during(client, service, () -> guess(OTHER, other, GUESSES_TO_WARM_UP));
            Figures half = during(client, service, () -> guess(CLUSTER, address, GUESSES / 2));
            Figures guessed =
                    during(client, service, () -> guess(CLUSTER, address, GUESSES / 2));
            Await.until(SOON, () -> "descriptors given back: before=" + quiet + ", now="
                    + descriptors(service), () -> descriptors(service) <= quiet.descriptors);

            System.out.println("no wrong secrets: " + quiet);
            System.out.println("wrong secrets at another service: " + beside);
            System.out.println("wrong secrets: " + GUESSES / 2 + ": " + half);
            System.out.println("as many again: " + guessed);
            assertThat(guessed.memory).isLessThan(quiet.memory + GROWTH_MAX);
            assertThat(guessed.descriptors).isBetween(
                    quiet.descriptors + 1, quiet.descriptors + DESCRIPTORS_MAX);
            assertThat(guessed.p99Ns).isLessThan(Math.max(2 * beside.p99Ns, P99_NS_MIN));
        }
        dict.close();
    }

    // Of gets over TCP by a client that knows the secret; the rest is the service's.
    private record Figures(long p99Ns, long memory, long descriptors) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "p99 of get %.0f us, %.1f MiB, at most %d descriptors",
                    p99Ns / 1e3, memory / 1048576.0, descriptors);
        }
    }

    private static Figures during(ChannelClient client, Path service, Runnable guesses)
            throws Exception {
        FutureTask<Void> task = new FutureTask<>(guesses, null);
        Thread.ofPlatform().name("guesses").start(task);
        LongStream tookNs = LongStream.empty();
        long descriptors = 0;
        do {
            tookNs = LongStream.concat(tookNs, gets(client));
            descriptors = Math.max(descriptors, descriptors(service));
        } while (!task.isDone());
        task.get();
        long[] sorted = tookNs.sorted().toArray();
        return new Figures(
                sorted[(int) (sorted.length * 99L / 100)], memory(service), descriptors);
    }

    private static LongStream gets(ChannelClient client) {
        long[] tookNs = new long[GETS];
        for (int i = 0; i < GETS; i++) {
            long startNs = System.nanoTime();
            Object value = client.get("key");
            tookNs[i] = System.nanoTime() - startNs;
            assertThat(value).isEqualTo("value");
        }
        return Arrays.stream(tookNs);
    }

    // Nobody gives up a connection by itself: what the service has open is its own choice.
    private void guess(String cluster, NodeAddress address, int count) {
        Deque<SocketChannel> open = new ArrayDeque<>();
        long startNs = System.nanoTime();
        for (int i = 0; i < count; i++) {
            try {
                open.add(guess(cluster, address));
                if (open.size() > OPEN_MAX) {
                    open.remove().close();
                }
            } catch (IOException e) {
                throw new AssertionError("service does not answer: guess=" + i, e);
            }
            LockSupport.parkNanos(startNs + i * PAUSE_NS - System.nanoTime());
        }
        open.forEach(StrangersIT::close);
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SocketChannel guess(String cluster, NodeAddress address) throws IOException {
        SocketChannel guessing =
                SocketChannel.open(new InetSocketAddress(address.host(), address.port()));
        byte[] hello = Handshake.hello(ConnectionKind.SHARDS, cluster);
        guessing.write(ByteBuffer.wrap(hello));
        ByteBuffer challenge = ByteBuffer.allocate(Handshake.CHALLENGE_LENGTH);
        while (challenge.hasRemaining()) {
            assertThat(guessing.read(challenge)).isPositive();
        }
        guessing.write(
                ByteBuffer.wrap(Handshake.clientProof(wrong, hello, challenge.array())));
        return guessing;
    }

    private static long descriptors(Path process) {
        try (Stream<Path> all = Files.list(process.resolve("fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Of its own: what it shares are the pages of its dictionaries.
    private static long memory(Path process) {
        try (Stream<String> lines = Files.lines(process.resolve("status"))) {
            String line = lines.filter(each -> each.startsWith("RssAnon:")).findFirst()
                    .orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
