package io.ddict.bench.wire;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.codec.Codecs;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.store.pool.KeyHash;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.SynchronousQueue;

/*
 * Question: how much longer does a get over TCP take than a ping-pong of Netty, and what share of a bare
 * socket's bandwidth do long values have? Topology: this process and a node service on one machine, over
 * loopback; the bare server is another process, too. Two cores at least. Rounds of both alternate, so that
 * what else the machine does meets both.
 *
 *   ddict-node --cluster wire --listen 127.0.0.1        (NodeMain)
 *   java … io.ddict.bench.wire.WireBenchmark wire... [LENGTH...]     (in bytes; all of them unless given)
 *
 * With two clusters, one of which is encrypted, it also tells what TLS costs.
 */

/** Compares the channel over TCP with bare sockets. */
public final class WireBenchmark {
    private static final int ROUNDS = 9;
    private static final int WARM_UP_ROUNDS = 4;
    private static final int PINGS = 20_000;
    private static final long BYTES_PER_ROUND = 1L << 30;
    private static final int LENGTH_MAX = 64 << 20;
    private static final int[] SHORT = {8, 1024};
    private static final int[] LONG = {1 << 20, 4 << 20, 16 << 20, LENGTH_MAX};

    private final PrintStream out;
    private final int barePort;
    private final TcpChannel channel;
    private final KeyHash hash;
    private final Codecs codecs = Codecs.standard();
    private final CallContext call = new CallContext();

    private WireBenchmark(PrintStream out, int barePort, TcpChannel channel) {
        this.out = out;
        this.barePort = barePort;
        this.channel = channel;
        this.hash = new KeyHash(channel.hashSeed());
    }

    /**
     * Runs it on clusters that listen, one after the other, with all lengths or those given; with {@code
     * bare} as argument it is the bare server.
     */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(
                new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        if (arguments[0].equals("bare")) {
            try (BareServer server = new BareServer(LENGTH_MAX)) {
                out.println(server.port());
                while (System.in.read() >= 0) {
                    // Until the other process ends.
                }
            }
            return;
        }
        int[] lengths = Arrays.stream(arguments)
                .filter(WireBenchmark::isLength)
                .mapToInt(Integer::parseInt)
                .toArray();
        for (String name : arguments) {
            if (!isLength(name)) {
                run(out, name, lengths);
            }
        }
    }

    private static boolean isLength(String argument) {
        return argument.matches("[0-9]+");
    }

    private static void run(PrintStream out, String name, int[] lengths) throws Exception {
        out.println("cluster=" + name + ", tls=" + TlsSettings.ofCluster(name));
        Process bare = new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), WireBenchmark.class.getName(),
                "bare").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (Cluster cluster = Cluster.connect(name);
                DDict<String, byte[]> dict = cluster.create(
                        DDictConfig.builder().totalMemory(ByteSize.mib(512)).build())) {
            NodeAddress address = NodeAddress.parse(
                    Files.readString(
                            RuntimeDirectory.ofCluster(name).resolve(RuntimeDirectory.ADDRESS))
                            .strip());
            TcpNode node = TcpNode.shared(name, address, ClusterSecret.ofCluster(name));
            int port = Integer.parseInt(bare.inputReader(StandardCharsets.UTF_8).readLine());
            try (TcpChannel channel =
                    TcpChannel.open(node, dict.name(), 0, Duration.ofSeconds(10))) {
                new WireBenchmark(out, port, channel).run(lengths);
            }
            dict.destroy();
        } finally {
            bare.destroy();
        }
    }

    private void run(int[] only) throws Exception {
        try (SocketChannel socket = SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), barePort));
                NettyClient netty = new NettyClient(barePort)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            for (int length : chosen(SHORT, only)) {
                compareLatency(socket, netty, length);
            }
            for (int length : chosen(LONG, only)) {
                compareBandwidth(socket, length);
            }
        }
    }

    private static int[] chosen(int[] lengths, int[] only) {
        return Arrays.stream(lengths)
                .filter(length -> only.length == 0
                        || Arrays.stream(only).anyMatch(n -> n == length))
                .toArray();
    }

    private void compareLatency(SocketChannel socket, NettyClient netty, int length)
            throws Exception {
        byte[] value = new byte[length];
        put(value);
        MemorySegment buffer = Arena.ofAuto().allocate(length, 8);
        double[] blocking = new double[ROUNDS];
        double[] event = new double[ROUNDS];
        double[] get = new double[ROUNDS];
        double[] puts = new double[ROUNDS];
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            double one = perCall(PINGS, () -> exchange(socket, 0, length + 80));
            double two = perCall(PINGS, () -> netty.exchange(length + 80));
            double three = perCall(PINGS, () -> get(buffer, length));
            double four = perCall(PINGS, () -> put(value));
            if (round >= 0) {
                blocking[round] = one;
                event[round] = two;
                get[round] = three;
                puts[round] = four;
            }
        }
        out.printf(
                Locale.ROOT,
                "%d B: socket %.2f us, netty %.2f us, get %.2f us (%.2f of netty, %.2f of socket),"
                        + " put %.2f us%n",
                length, median(blocking), median(event), median(get),
                median(get) / median(event), median(get) / median(blocking), median(puts));
    }

    private void compareBandwidth(SocketChannel socket, int length) throws Exception {
        byte[] value = new byte[length];
        put(value);
        MemorySegment buffer = Arena.ofAuto().allocate(length, 8);
        int count = (int) Math.max(4, BYTES_PER_ROUND / 4 / length);
        double[] bareIn = new double[ROUNDS];
        double[] bareOut = new double[ROUNDS];
        double[] get = new double[ROUNDS];
        double[] puts = new double[ROUNDS];
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            double one = perCall(count, () -> exchange(socket, 0, length));
            double two = perCall(count, () -> exchange(socket, length, 8));
            double three = perCall(count, () -> get(buffer, length));
            double four = perCall(count, () -> put(value));
            if (round >= 0) {
                bareIn[round] = length / one / 1e3;
                bareOut[round] = length / two / 1e3;
                get[round] = length / three / 1e3;
                puts[round] = length / four / 1e3;
            }
        }
        out.printf(
                Locale.ROOT,
                "%d MiB: socket in %.2f GB/s, get %.2f GB/s (%.0f %%); socket out %.2f GB/s,"
                        + " put %.2f GB/s (%.0f %%)%n",
                length >> 20, median(bareIn), median(get), 100 * median(get) / median(bareIn),
                median(bareOut), median(puts), 100 * median(puts) / median(bareOut));
    }

    // Microseconds.
    private static double perCall(int count, Call each) throws Exception {
        long startNs = System.nanoTime();
        for (int index = 0; index < count; index++) {
            each.run();
        }
        return (System.nanoTime() - startNs) / 1e3 / count;
    }

    private static double median(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private final ByteBuffer frame = ByteBuffer.allocateDirect(LENGTH_MAX + 1024);

    private void exchange(SocketChannel socket, int send, int receive) throws IOException {
        frame.clear().putLong(0, send).putLong(8, receive);
        frame.limit(BareServer.HEADER_LENGTH + send);
        while (frame.hasRemaining()) {
            socket.write(frame);
        }
        frame.clear().limit(receive);
        while (frame.hasRemaining()) {
            if (socket.read(frame) < 0) {
                throw new IOException("bare server ended");
            }
        }
    }

    private CallContext start() {
        call.begin();
        call.deadline().start(10_000_000_000L);
        codecs.encodeKey("key", call.key());
        call.hash(
                hash.of(
                        call.key().array(), call.key().offset(), call.key().length(),
                        call.key().tag()));
        return call;
    }

    private void put(byte[] value) {
        channel.put(start(), codecs.forValue(value), value, false);
    }

    private void get(MemorySegment buffer, int length) {
        if (channel.get(start(), buffer) != length) {
            throw new IllegalStateException("value has another length: length=" + length);
        }
    }

    private interface Call {
        void run() throws Exception;
    }

    /** A ping-pong whose client is an event loop, too. */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that fails ends the run
    private static final class NettyClient implements AutoCloseable {
        private final EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        private final SynchronousQueue<Boolean> done = new SynchronousQueue<>();
        private final Channel channel;
        private int left;

        NettyClient(int port) {
            channel = new Bootstrap()
                    .group(loops)
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message)
                                throws InterruptedException {
                            ByteBuf in = (ByteBuf) message;
                            left -= in.readableBytes();
                            in.release();
                            if (left == 0) {
                                pong();
                            }
                        }
                    })
                    .connect(InetAddress.getLoopbackAddress(), port)
                    .awaitUninterruptibly()
                    .channel();
        }

        private int pings;
        private int receive;

        // The loop itself sends the next one, so that no other thread is in between.
        private void pong() throws InterruptedException {
            if (--pings > 0) {
                ping();
            } else {
                done.put(true);
            }
        }

        private void ping() {
            left = receive;
            channel.writeAndFlush(
                    Unpooled.directBuffer(BareServer.HEADER_LENGTH).writeLong(0)
                            .writeLong(receive),
                    channel.voidPromise());
        }

        // One call stands for a hundred.
        void exchange(int length) throws InterruptedException {
            if (--batched >= 0) {
                return;
            }
            batched = BATCH - 1;
            pings = BATCH;
            receive = length;
            channel.eventLoop().execute(this::ping);
            done.take();
        }

        private static final int BATCH = 100;
        private int batched;

        @Override
        public void close() {
            channel.close();
            loops.shutdownGracefully();
        }
    }
}
