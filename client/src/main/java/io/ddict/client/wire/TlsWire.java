package io.ddict.client.wire;

import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.NodeAddress;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/*
 * Records of TLS are of 16 KiB at most. What is read is decrypted straight to where it is wanted if a
 * record fits there, else by way of `opened`. What is to be written is taken as far as it was encrypted;
 * what the socket does not take of that lies in `out`, and goes first next time.
 *
 * The engine lets one thread decrypt beside one that encrypts. After the handshake it has no tasks for
 * others, and what it wants to say by itself (that keys change, once in 128 GiB) goes with the next write.
 *
 * Buffers are on the heap, which is where the JDK's cipher is fast, and grow with what goes through them:
 * most connections are for short messages.
 */

/** A socket with TLS. */
final class TlsWire extends Wire {
    private static final int RECORDS_MAX = 4;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final int recordLength;

    // Of who reads. Both are ready to be read from.
    private ByteBuffer in;
    private @Nullable ByteBuffer opened;
    private boolean ended;

    // Of who writes. Ready to be read from.
    private ByteBuffer out;
    private final ByteBuffer[] sources = {NOTHING, NOTHING};

    private TlsWire(SocketChannel socket, SSLEngine engine) {
        super(socket);
        this.channel = socket;
        this.engine = engine;
        this.recordLength = engine.getSession().getPacketBufferSize();
        this.in = ByteBuffer.allocate(recordLength).limit(0);
        this.out = ByteBuffer.allocate(recordLength).limit(0);
    }

    /**
     * Shakes hands with a service.
     *
     * @throws WireRefusedException if one of the two refuses the other
     */
    static TlsWire connect(TimedSocket socket, NodeAddress address, TlsContext context)
            throws IOException {
        TlsWire wire = new TlsWire(socket.socket(), context.client(address));
        try {
            wire.shakeHands(socket);
        } catch (SSLException e) {
            throw refused(e);
        }
        return wire;
    }

    private void shakeHands(TimedSocket socket) throws IOException {
        engine.beginHandshake();
        boolean heard = false;
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            switch (status) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> say(socket);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!heard) {
                        hear(socket);
                        heard = true;
                        checkFirst(socket);
                    }
                    unwrapNext(socket);
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task =
                engine.getDelegatedTask()) {
            task.run();
        }
    }

    private void say(TimedSocket socket) throws IOException {
        out.clear();
        try {
            SSLEngineResult _ = engine.wrap(NOTHING, out);
        } finally {
            out.flip();
        }
        while (!flush()) {
            socket.awaitWritable();
        }
    }

    private void unwrapNext(TimedSocket socket) throws IOException {
        ByteBuffer buffer = buffer();
        SSLEngineResult result = engine.unwrap(in, buffer);
        buffer.flip();
        if (result.getStatus() == Status.CLOSED) {
            throw new EOFException("closed during the handshake of TLS");
        }
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            hear(socket);
        }
    }

    private void hear(TimedSocket socket) throws IOException {
        int count = fill();
        while (count == 0) {
            socket.awaitReadable();
            count = fill();
        }
        if (count < 0) {
            throw new EOFException("closed during the handshake of TLS");
        }
    }

    // A service without TLS answers all the same, and says what it is.
    private void checkFirst(TimedSocket socket) throws IOException {
        if (in.get(in.position()) != Handshake.FIRST_BYTE) {
            return;
        }
        while (in.remaining() < Handshake.CHALLENGE_LENGTH) {
            hear(socket);
        }
        byte[] challenge = new byte[Handshake.CHALLENGE_LENGTH];
        in.get(challenge);
        Refusal said = Handshake.refusal(challenge);
        throw new WireRefusedException(said == Refusal.NONE ? Refusal.MALFORMED : said);
    }

    /** What it means that TLS failed. */
    static WireRefusedException refused(SSLException failure) {
        Refusal refusal = Refusal.MALFORMED;
        String text = failure.getMessage();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                boolean isOfHost = cause.getClass() == CertificateException.class
                        && String.valueOf(cause.getMessage()).startsWith("No ");
                refusal = isOfHost ? Refusal.OTHER_HOST : Refusal.UNTRUSTED;
            } else if (isAboutOurs(String.valueOf(cause.getMessage()))) {
                refusal = Refusal.NO_CERTIFICATE;
            } else {
                continue;
            }
            text = cause.getMessage();
            break;
        }
        return new WireRefusedException(refusal, String.valueOf(text), failure);
    }

    private static boolean isAboutOurs(String text) {
        return text.contains("fatal alert:")
                && (text.contains("certificate") || text.contains("unknown_ca"));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int count = takeOpened(target);
        while (count == 0 && target.hasRemaining()) {
            count = readRecord(target);
            if (count < 0) {
                int came = fill();
                if (came <= 0) {
                    return came;
                }
                count = 0;
            }
        }
        return count;
    }

    private int takeOpened(ByteBuffer target) {
        ByteBuffer from = opened;
        if (from == null || !from.hasRemaining()) {
            return 0;
        }
        int count = Math.min(from.remaining(), target.remaining());
        target.put(target.position(), from, from.position(), count);
        target.position(target.position() + count);
        from.position(from.position() + count);
        return count;
    }

    // How many bytes of one record; -1 if it is not there yet.
    private int readRecord(ByteBuffer target) throws IOException {
        if (ended || !in.hasRemaining()) {
            return -1;
        }
        SSLEngineResult result = unwrap(target);
        boolean fits = result.getStatus() != Status.BUFFER_OVERFLOW;
        if (!fits) {
            ByteBuffer buffer = buffer();
            result = unwrap(buffer);
            buffer.flip();
        }
        return switch (result.getStatus()) {
            case OK -> fits ? result.bytesProduced() : takeOpened(target);
            case BUFFER_UNDERFLOW -> -1;
            case CLOSED -> {
                ended = true;
                yield -1;
            }
            case BUFFER_OVERFLOW -> throw new IOException("record of TLS is too long");
        };
    }

    private SSLEngineResult unwrap(ByteBuffer target) throws IOException {
        try {
            return engine.unwrap(in, target);
        } catch (SSLException e) {
            throw refused(e);
        }
    }

    private ByteBuffer buffer() {
        ByteBuffer buffer = opened;
        if (buffer == null) {
            buffer = ByteBuffer.allocate(recordLength);
            opened = buffer;
        }
        return buffer.clear();
    }

    // Reads from the socket, as that does.
    private int fill() throws IOException {
        if (ended) {
            return -1;
        }
        if (in.position() == 0 && in.limit() == in.capacity()) {
            in = grown(in);
        } else {
            in.compact();
        }
        try {
            return channel.read(in);
        } finally {
            in.flip();
        }
    }

    // Ready to be written to, behind what is in it.
    private ByteBuffer grown(ByteBuffer full) {
        return ByteBuffer.allocate(RECORDS_MAX * recordLength).put(full);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return (int) write(source, NOTHING);
    }

    @Override
    public long write(ByteBuffer first, ByteBuffer second) throws IOException {
        if (!flush()) {
            return 0;
        }
        sources[0] = first;
        sources[1] = second;
        long taken = 0;
        boolean isFlushed = true;
        while (isFlushed && (first.hasRemaining() || second.hasRemaining())) {
            taken += encrypt(first, second);
            isFlushed = flush();
        }
        sources[0] = NOTHING;
        sources[1] = NOTHING;
        return taken;
    }

    private long encrypt(ByteBuffer first, ByteBuffer second) throws IOException {
        if (first.remaining() + second.remaining() > recordLength
                && out.capacity() == recordLength) {
            out = ByteBuffer.allocate(RECORDS_MAX * recordLength);
        }
        out.clear();
        long taken = 0;
        try {
            while (out.remaining() >= recordLength
                    && (first.hasRemaining() || second.hasRemaining())) {
                SSLEngineResult result = engine.wrap(sources, out);
                if (result.getStatus() != Status.OK || result.bytesProduced() == 0) {
                    throw new IOException("encrypted connection has ended: status="
                            + result.getStatus());
                }
                taken += result.bytesConsumed();
            }
        } finally {
            out.flip();
        }
        return taken;
    }

    private boolean flush() throws IOException {
        while (out.hasRemaining()) {
            if (channel.write(out) == 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean isBehind() {
        return out.hasRemaining();
    }

    @Override
    public String toString() {
        return "TlsWire(" + engine.getSession().getProtocol() + ", "
                + engine.getSession().getCipherSuite() + ")";
    }
}
