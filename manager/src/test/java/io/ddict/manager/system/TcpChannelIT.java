package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.node.SecretSocket;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.ShardFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is particular to the channel over TCP: connections end, and strangers may be at the other end. */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class TcpChannelIT {
    private static final String CLUSTER = "wire";
    // The reply to an attach.
    private static final int ATTACHED = ShardFrame.HEADER_LENGTH + 34;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long SEED = Long.getLong("ddict.wire.seed", System.nanoTime());

    private NodeAddress address;
    private ClusterSecret secret;
    private DDict<Object, Object> dict;

    private void start(Machine machine) throws IOException {
        address = machine.startListeningService(CLUSTER);
        secret = ClusterSecret.ofCluster(CLUSTER);
        dict = machine.connect(CLUSTER)
                .create(DDictConfig.builder().name("d").totalMemory(ByteSize.mib(64)).build());
    }

    private ChannelClient client() {
        TcpNode node = TcpNode.own(CLUSTER, address, secret);
        TcpChannel channel = TcpChannel.open(node, "d", 0, SOON);
        return new ChannelClient(channel, node::close, node::close);
    }

    @Test
    void connectsAgainToTheSameService(Machine machine) throws IOException {
        start(machine);
        Path pool = machine.pools().getFirst();
        try (ChannelClient client = client()) {
            client.put("key", "value");
            for (int round = 0; round < 3; round++) {
                client.die();
                assertThat(client.get("key")).isEqualTo("value");
            }
            // That of the dictionary's own handle, and one.
            Await.until(SOON, () -> "end of the links", () -> links(pool) == 2);
        }
        Await.until(SOON, () -> "end of the link", () -> links(pool) == 1);
        dict.close();
    }

    private static long links(Path pool) {
        try (Stream<Path> files = Files.list(pool)) {
            return files.filter(file -> file.getFileName().toString().startsWith("link-")).count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void tellsThatTheOutcomeOfACallInFlightIsNotKnown(Machine machine) throws Exception {
        start(machine);
        try (ChannelClient client = client()) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            long before = posted();
            Thread waiting = Thread.ofPlatform().start(() -> {
                try {
                    client.channel.awaitValue(
                            client.on("key"), ChannelClient.codec("never"), "never");
                } catch (RuntimeException e) {
                    thrown.set(e);
                }
            });
            Await.until(SOON, () -> "request", () -> posted() > before);
            client.die();
            assertThat(waiting.join(SOON)).isTrue();
            assertThat(thrown.get()).isInstanceOf(ManagerLostException.class)
                    .hasMessageStartingWith("connection to the node service was lost: manager=0,"
                            + " dictionary=d, cluster=wire, address=" + address)
                    .hasMessageEndingWith("whether the call was carried out is not known");
        }
        dict.close();
    }

    private long posted() {
        return dict.stats().managers().getFirst().posted();
    }

    @Test
    void tellsWithinTheFailureTimeoutThatTheServiceDoesNotAnswer(Machine machine)
            throws IOException {
        start(machine);
        try (ChannelClient client = client()) {
            client.put("key", "value");
            Await.pass(Duration.ofSeconds(4));
            assertThat(client.get("key")).as("after a time without calls").isEqualTo("value");
            long startNs = System.nanoTime();
            machine.service().stop();
            try {
                assertThatThrownBy(() -> client.get("key"))
                        .isInstanceOf(ManagerLostException.class)
                        .hasMessageStartingWith("node service does not answer any more");
                assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(9));
            } finally {
                machine.service().resume();
            }
            assertThat(client.get("key")).isEqualTo("value");
        }
        dict.close();
    }

    @Test
    void tellsThatAnotherServiceCame(Machine machine) throws IOException {
        start(machine);
        try (ChannelClient client = client()) {
            client.put("key", "value");
            machine.service().kill();
            assertThatThrownBy(() -> {
                while (true) {
                    client.get("key");
                }
            }).isInstanceOf(ManagerLostException.class);
            machine.forgetService();
            machine.startListeningService(CLUSTER, address.port());
            secret = ClusterSecret.ofCluster(CLUSTER);
            // It has another secret, too.
            assertThatThrownBy(() -> client.get("key")).isInstanceOf(ManagerLostException.class);
        }
    }

    @Test
    void refusesADictionaryThatIsNotThere(Machine machine) throws IOException {
        start(machine);
        TcpNode node = TcpNode.own(CLUSTER, address, secret);
        assertThatThrownBy(() -> TcpChannel.open(node, "none", 0, SOON))
                .isInstanceOf(DestroyedException.class)
                .hasMessage("no such dictionary, or destroyed: dictionary=none");
        assertThatThrownBy(() -> TcpChannel.open(node, "d", 7, SOON))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such manager on this node: manager=7");
        node.close();
        dict.close();
    }

    @Test
    void letsASlowReaderHoldUpNobodyElse(Machine machine) throws Exception {
        start(machine);
        try (ChannelClient client = client();
                SocketChannel slow = SecretSocket.open(
                        CLUSTER, address, secret, ConnectionKind.SHARDS, SOON).socket()) {
            byte[] large = new byte[8 << 20];
            client.put("large", large);
            slow.write(frame(ShardFrame.ATTACH, 65_536, 0, attachPayload("d"), null));
            slow.socket().getInputStream().readNBytes(ATTACHED);
            for (int number = 2; number < 100; number++) {
                slow.write(frame(ShardFrame.GET, number << 16, 1, new byte[0], client.on("large")));
            }
            long startNs = System.nanoTime();
            for (int round = 0; round < 1_000; round++) {
                client.put("key", round);
                assertThat(client.get("key")).isEqualTo(round);
            }
            assertThat((byte[]) client.get("large")).hasSize(large.length);
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(SOON);
        }
        dict.close();
    }

    @Test
    void survivesFramesThatNobodySends(Machine machine) throws IOException {
        System.out.println("TcpChannelIT: -Dddict.wire.seed=" + SEED);
        start(machine);
        SplittableRandom random = new SplittableRandom(SEED);
        try (ChannelClient client = client()) {
            client.put("key", "value");
            byte[] attach = bytes(frame(ShardFrame.ATTACH, 65_536, 0, attachPayload("d"), null));
            byte[] put = bytes(frame(
                    ShardFrame.PUT, 2 << 16, 1, new byte[]{1, 2, 3}, client.on("other")));
            for (int round = 0; round < 300; round++) {
                byte[] sent = switch (round % 4) {
                    case 0 -> random(random, 1 + random.nextInt(3_000));
                    case 1 -> flipped(random, concatenated(attach, put));
                    case 2 -> cut(concatenated(attach, put), round);
                    default -> announced(put, random);
                };
                ConnectionKind kind = ConnectionKind.of(
                        round % 4 == 0 ? random.nextInt(3) : ConnectionKind.SHARDS.ordinal());
                try (SocketChannel socket =
                        SecretSocket.open(CLUSTER, address, secret, kind, SOON).socket()) {
                    socket.write(ByteBuffer.wrap(sent));
                }
                if (round % 50 == 0) {
                    assertThat(client.get("key")).isEqualTo("value");
                }
            }
            assertThat(client.get("key")).isEqualTo("value");
            assertClosed(announced(put, random));
            assertClosed(flippedAt(put, 80));
        }
        assertThat(machine.service().errorText()).isEmpty();
        dict.close();
    }

    private void assertClosed(byte[] sent) throws IOException {
        try (SocketChannel socket = SecretSocket.open(
                CLUSTER, address, secret, ConnectionKind.SHARDS, SOON).socket()) {
            socket.write(ByteBuffer.wrap(sent));
            socket.socket().setSoTimeout(5_000);
            assertThat(socket.socket().getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void abandonsAValueThatDoesNotCome(Machine machine) throws IOException {
        start(machine);
        try (ChannelClient client = client();
                SocketChannel socket = SecretSocket.open(
                        CLUSTER, address, secret, ConnectionKind.SHARDS, SOON).socket()) {
            client.put("key", "value");
            socket.write(frame(ShardFrame.ATTACH, 65_536, 0, attachPayload("d"), null));
            socket.socket().getInputStream().readNBytes(ATTACHED);
            ByteBuffer put =
                    frame(ShardFrame.PUT, 2 << 16, 1, new byte[0], client.on("key"));
            put.putLong(ShardFrame.VALUE_LENGTH, 30 << 20);
            put.putLong(ShardFrame.TIMEOUT, 100_000_000);
            seal(put);
            socket.write(put);
            // Its answer: the time is over.
            byte[] answer = socket.socket().getInputStream().readNBytes(ShardFrame.HEADER_LENGTH);
            assertThat(answer[ShardFrame.KEY_TAG]).isEqualTo(ShardFrame.FAILED);
            assertThat(client.get("key")).isEqualTo("value");
            client.put("large", new byte[40 << 20]);
        }
        dict.close();
    }

    @Test
    void givesBackWhatAClientHeldThatEndedWithinALongValue(Machine machine) throws IOException {
        start(machine);
        Path pool = machine.pools().getFirst();
        try (ChannelClient client = client()) {
            client.put("key", "value");
            for (int round = 0; round < 5; round++) {
                beginLongValue(client);
            }
            // That of the dictionary's own handle, and the client's.
            Await.until(SOON, () -> "end of the links", () -> links(pool) == 2);
            assertThat(client.get("key")).isEqualTo("value");
            client.put("large", new byte[40 << 20]);
        }
        dict.close();
    }

    // The answer to the call behind it tells that the value's place was looked for.
    private void beginLongValue(ChannelClient client) throws IOException {
        try (SocketChannel socket = SecretSocket.open(
                CLUSTER, address, secret, ConnectionKind.SHARDS, SOON).socket()) {
            socket.write(frame(ShardFrame.ATTACH, 65_536, 0, attachPayload("d"), null));
            socket.socket().getInputStream().readNBytes(ATTACHED);
            ByteBuffer put = frame(ShardFrame.PUT, 2 << 16, 1, new byte[0], client.on("key"));
            put.putLong(ShardFrame.VALUE_LENGTH, 10 << 20);
            socket.write(seal(put));
            socket.write(frame(ShardFrame.GET, 3 << 16, 1, new byte[0], client.on("key")));
            byte[] answer = socket.socket().getInputStream().readNBytes(ShardFrame.HEADER_LENGTH);
            assertThat(answer[ShardFrame.KEY_TAG]).isEqualTo(ShardFrame.OK);
        }
    }

    @Test
    void waitsForOthersThatConnectNoLongerThanACallMayTake(Machine machine) throws Exception {
        start(machine);
        try (ChannelClient client = client()) {
            client.put("key", "value");
            client.die();
            // It takes connections, and says nothing.
            machine.service().stop();
            try {
                AtomicLong longestNs = new AtomicLong();
                Threads threads = new Threads();
                threads.start(20, thread -> {
                    long startNs = System.nanoTime();
                    assertThatThrownBy(() -> client.channel.get(
                            client.on("key", Duration.ofMillis(400)), ChannelClient.VALUES))
                            .isInstanceOfAny(
                                    ManagerLostException.class, DDictTimeoutException.class);
                    longestNs.accumulateAndGet(System.nanoTime() - startNs, Math::max);
                });
                threads.await(Duration.ofSeconds(20));
                assertThat(Duration.ofNanos(longestNs.get())).isLessThan(Duration.ofSeconds(9));
            } finally {
                machine.service().resume();
            }
            assertThat(client.get("key")).isEqualTo("value");
        }
        dict.close();
    }

    @Test
    void servesManyThreadsByOneConnection(Machine machine) throws Exception {
        start(machine);
        try (ChannelClient client = client()) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread[] threads = new Thread[32];
            for (int index = 0; index < threads.length; index++) {
                String key = "key-" + index;
                threads[index] = Thread.ofVirtual().start(() -> {
                    try {
                        for (int round = 0; round < 300; round++) {
                            client.put(key, round);
                            assertThat(client.get(key)).isEqualTo(round);
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
            }
            for (Thread each : threads) {
                each.join();
            }
            assertThat(failure).hasValue(null);
            assertThat(client.channel.size(client.call())).isEqualTo(threads.length);
        }
        dict.close();
    }

    @Test
    void endsACallWhoseTimeIsOver(Machine machine) throws IOException {
        start(machine);
        try (ChannelClient client = client()) {
            CallContext call = client.on("key", Duration.ZERO);
            assertThat(client.channel.get(call, ChannelClient.VALUES)).isNull();
            assertThatThrownBy(() -> client.channel.awaitValue(
                    client.on("key", Duration.ofMillis(50)), ChannelClient.codec("x"), "x"))
                    .isInstanceOf(DDictTimeoutException.class)
                    .hasMessageContaining("timeout=50ms");
            client.put("key", "value");
            assertThat(client.channel.removeIf(client.on("key"), ShardChannel.ANY_VERSION))
                    .isTrue();
        }
        dict.close();
    }

    private static byte[] attachPayload(String name) {
        ByteBuffer payload = ByteBuffer.allocate(4 + name.length()).putInt(name.length());
        name.chars().forEach(each -> payload.put((byte) each));
        return payload.array();
    }

    private static ByteBuffer frame(
            byte type, long correlation, int shard, byte[] value, CallContext key) {
        int keyLength = key == null ? 0 : key.key().length();
        ByteBuffer frame = ByteBuffer
                .allocate(ShardFrame.HEADER_LENGTH + keyLength + value.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        ShardFrame.begin(frame, type, keyLength + value.length);
        frame.putLong(ShardFrame.CORRELATION, correlation);
        frame.putInt(ShardFrame.SHARD, shard);
        frame.putLong(ShardFrame.TIMEOUT, 1_000_000_000);
        frame.putLong(ShardFrame.VALUE_LENGTH, value.length);
        frame.putInt(ShardFrame.KEY_LENGTH, keyLength);
        if (key != null) {
            frame.putLong(ShardFrame.HASH, key.hash());
            frame.put(ShardFrame.KEY_TAG, key.key().tag());
            frame.put(
                    ShardFrame.HEADER_LENGTH, key.key().array(), key.key().offset(), keyLength);
        }
        frame.put(ShardFrame.HEADER_LENGTH + keyLength, value);
        return seal(frame);
    }

    private static ByteBuffer seal(ByteBuffer frame) {
        CRC32C checksum = new CRC32C();
        int length = frame.capacity();
        ShardFrame.startChecksum(checksum, frame);
        ShardFrame.update(
                checksum, frame, ShardFrame.HEADER_LENGTH, length - ShardFrame.HEADER_LENGTH);
        frame.clear();
        return frame.putInt(ShardFrame.CRC, (int) checksum.getValue());
    }

    private static byte[] bytes(ByteBuffer frame) {
        byte[] bytes = new byte[frame.capacity()];
        frame.get(0, bytes);
        return bytes;
    }

    private static byte[] concatenated(byte[] one, byte[] other) {
        return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
    }

    private static byte[] random(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] flipped(SplittableRandom random, byte[] frames) {
        return flippedAt(frames, random.nextInt(frames.length));
    }

    private static byte[] flippedAt(byte[] frames, int index) {
        byte[] flipped = frames.clone();
        flipped[index] ^= 1;
        return flipped;
    }

    private static byte[] cut(byte[] frames, int round) {
        byte[] cut = new byte[round % frames.length];
        System.arraycopy(frames, 0, cut, 0, cut.length);
        return cut;
    }

    private static byte[] announced(byte[] frame, SplittableRandom random) {
        byte[] announced = frame.clone();
        int length = random.nextBoolean() ? 1 << 30 : random.nextInt() | Integer.MIN_VALUE;
        ByteBuffer.wrap(announced).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(ShardFrame.PAYLOAD_LENGTH, length);
        return announced;
    }
}
