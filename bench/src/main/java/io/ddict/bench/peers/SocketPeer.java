package io.ddict.bench.peers;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/*
 *   put    1 | key | value    answer: 8 bytes
 *   get    2 | key            answer: the value
 *
 * The server is a process of its own. Key number i is slot i of a mapped file, which it reads from and
 * writes to the socket directly: no copy that the kernel does not make.
 */

/**
 * The socket limit: a server process that does nothing with a request but answer it, over a Unix domain
 * socket or over TCP. No store that asks another process for each operation, and sleeps until it has the
 * answer, can be faster.
 */
final class SocketPeer implements Peer {
    private static final String SOCKET = "socket";
    private static final String NONE = "";
    private static final String SLOTS = "slots";
    private static final byte PUT = 1;
    private static final byte GET = 2;
    private static final int HEAD_LENGTH = 1 + Keys.LENGTH;

    private final String name;
    private final boolean unixSocket;

    SocketPeer(String name, boolean unixSocket) {
        this.name = name;
        this.unixSocket = unixSocket;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "bare requests over " + (unixSocket ? "a Unix domain socket" : "TCP")
                + " to a process that answers them, in Java NIO";
    }

    @Override
    public boolean isLimit() {
        return true;
    }

    @Override
    public Service start(Shape shape) throws IOException {
        SharedFolder folder = SharedFolder.create();
        try {
            Process process = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Server.class.getName(),
                    folder.address(),
                    Integer.toString(shape.valueLength()),
                    Long.toString(shape.keysMax()),
                    unixSocket ? NONE : LocalPorts.host())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String address = awaitListening(process);
            return new SocketService(folder, process, address);
        } catch (IOException e) {
            folder.close();
            throw e;
        }
    }

    private static String awaitListening(Process process) throws IOException {
        BufferedReader lines = process.inputReader();
        String address = lines.readLine();
        if (address == null) {
            throw new IOException("socket server ended before it listened");
        }
        return address;
    }

    @Override
    public Store attach(String address, Shape shape) throws IOException {
        if (unixSocket) {
            return new SocketStore(
                    SocketChannel.open(UnixDomainSocketAddress.of(address)), shape);
        }
        SocketChannel channel = SocketChannel.open(LocalPorts.parse(address));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new SocketStore(channel, shape);
    }

    private static void readFully(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("socket closed: missing=" + buffer.remaining() + "B");
            }
        }
    }

    private static void writeFully(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private record SocketService(SharedFolder folder, Process process, String address)
            implements
                Service {
        @Override
        public void close() {
            process.destroyForcibly();
            folder.close();
        }
    }

    private static final class SocketStore implements Store {
        private final SocketChannel channel;
        private final int valueLength;
        private final ByteBuffer request;
        private final ByteBuffer answer;

        SocketStore(SocketChannel channel, Shape shape) {
            this.channel = channel;
            this.valueLength = shape.valueLength();
            this.request = ByteBuffer.allocateDirect(HEAD_LENGTH + valueLength);
            this.answer = ByteBuffer.allocateDirect(valueLength).order(LITTLE_ENDIAN);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            exchange(request.clear().put(PUT).put(key).put(value), Long.BYTES);
        }

        @Override
        public byte[] get(byte[] key) {
            byte[] value = new byte[valueLength];
            get(key, value);
            return value;
        }

        @Override
        public int get(byte[] key, byte[] buffer) {
            exchange(request.clear().put(GET).put(key), valueLength);
            answer.get(0, buffer, 0, valueLength);
            return valueLength;
        }

        @Override
        public long view(byte[] key) {
            exchange(request.clear().put(GET).put(key), valueLength);
            long first = answer.getLong(0);
            return first == answer.getLong(valueLength - Long.BYTES) ? first : MIXED;
        }

        @Override
        public void clear() {}

        @Override
        public void awaitApplied() {}

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException("socket not closed", e);
            }
        }

        private void exchange(ByteBuffer written, int answerLength) {
            try {
                writeFully(channel, written.flip());
                readFully(channel, answer.clear().limit(answerLength));
            } catch (IOException e) {
                throw new UncheckedIOException("socket server gone", e);
            }
        }
    }

    /** The server process: a thread for each client; ends when its standard input does. */
    public static final class Server {
        private final MemorySegment slots;
        private final int valueLength;

        private Server(MemorySegment slots, int valueLength) {
            this.slots = slots;
            this.valueLength = valueLength;
        }

        /**
         * Serves.
         *
         * @param arguments folder, length of a value in bytes, number of keys, host or {@link #NONE}
         */
        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0]);
            int valueLength = Integer.parseInt(arguments[1]);
            long keys = Long.parseLong(arguments[2]);
            Server server = new Server(map(folder.resolve(SLOTS), keys * valueLength), valueLength);
            ServerSocketChannel listener = arguments[3].equals(NONE)
                    ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                            .bind(UnixDomainSocketAddress.of(folder.resolve(SOCKET)))
                    : ServerSocketChannel.open().bind(new InetSocketAddress(arguments[3], 0));
            System.out.println(address(listener.getLocalAddress()));
            Thread.ofPlatform().daemon().start(() -> server.accept(listener));
            while (System.in.read() >= 0) {
                // Nothing is said to it.
            }
        }

        private static String address(SocketAddress address) {
            return switch (address) {
                case InetSocketAddress tcp -> tcp.getHostString() + ":" + tcp.getPort();
                default -> address.toString();
            };
        }

        private static MemorySegment map(Path file, long length) throws IOException {
            try (FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE)) {
                return channel.map(FileChannel.MapMode.READ_WRITE, 0, length, Arena.global());
            }
        }

        private void accept(ServerSocketChannel listener) {
            try {
                while (true) {
                    SocketChannel channel = listener.accept();
                    if (channel.getLocalAddress() instanceof InetSocketAddress) {
                        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    }
                    Thread.ofPlatform().daemon().start(() -> serve(channel));
                }
            } catch (IOException e) {
                throw new UncheckedIOException("no more clients accepted", e);
            }
        }

        private void serve(SocketChannel channel) {
            ByteBuffer head = ByteBuffer.allocateDirect(HEAD_LENGTH);
            ByteBuffer done = ByteBuffer.allocateDirect(Long.BYTES);
            byte[] key = new byte[Keys.LENGTH];
            try (channel) {
                while (channel.read(head.clear()) >= 0) {
                    readFully(channel, head);
                    head.get(1, key);
                    ByteBuffer slot = slots
                            .asSlice(Keys.index(key) * valueLength, valueLength)
                            .asByteBuffer();
                    if (head.get(0) == PUT) {
                        readFully(channel, slot);
                        writeFully(channel, done.clear());
                    } else {
                        writeFully(channel, slot);
                    }
                }
            } catch (IOException e) {
                // The client ended, as clients do.
            }
        }
    }
}
