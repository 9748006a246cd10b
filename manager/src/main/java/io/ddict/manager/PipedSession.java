package io.ddict.manager;

import io.ddict.client.node.PipeChannel;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/*
 * The bytes are passed on, between the process's standard streams and a session like any other, so that
 * somebody on another machine can speak to a service by way of ssh or srun alone. Who does is at the other
 * end of a PipeChannel. It ends with the input.
 */

/** A session over standard input and output. */
final class PipedSession {
    private static final int BUFFER_LENGTH = 64 << 10;

    private PipedSession() {}

    /** Serves it; stops the service at the end of the input. Does not block. */
    static void serve(NodeService service) throws IOException {
        SocketChannel session = SocketChannel.open(StandardProtocolFamily.UNIX);
        session.connect(UnixDomainSocketAddress.of(
                RuntimeDirectory.ofCluster(service.cluster()).resolve(RuntimeDirectory.SOCKET)));
        Thread.ofPlatform().daemon().name("ddict-pipe-in").start(() -> {
            passIn(session);
            service.stop();
        });
        Thread.ofPlatform().daemon().name("ddict-pipe-out").start(() -> passOut(session));
    }

    private static void passIn(SocketChannel session) {
        try (InputStream in = new FileInputStream(FileDescriptor.in)) {
            byte[] bytes = new byte[BUFFER_LENGTH];
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
                while (buffer.hasRemaining()) {
                    session.write(buffer);
                }
            }
        } catch (IOException e) {
            // As good as the end of the input.
        }
    }

    private static void passOut(SocketChannel session) {
        try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_LENGTH);
            while (session.read(buffer.clear()) >= 0) {
                out.write(PipeChannel.line(Arrays.copyOf(buffer.array(), buffer.position())));
            }
        } catch (IOException e) {
            // Nobody reads it any more, whose input ends as well.
        }
    }
}
