package io.ddict.bench.limits;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/*
 *   slots <file>            answers each message with the same one, in shared memory
 *   echo <wire> <address>   the same over a socket
 *   sink <wire> <address>   reads all, then answers with the number of bytes
 */

/** The other process of a round trip or a stream: ends when its standard input, or its socket, does. */
public final class OtherMain {
    private static final int SINK_LENGTH = 1 << 20;

    private OtherMain() {}

    /** Does what the first argument says. */
    public static void main(String[] arguments) throws IOException {
        Thread.ofPlatform().daemon().start(OtherMain::endWithInput);
        if (arguments[0].equals("slots")) {
            answerInMemory(Path.of(arguments[1]));
        } else {
            try (SocketChannel channel = Wire.valueOf(arguments[1]).connect(arguments[2])) {
                if (arguments[0].equals("echo")) {
                    echo(channel);
                } else {
                    sink(channel);
                }
            }
        }
    }

    // One that spins on memory would not notice otherwise that nobody needs it any more.
    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said to it.
            }
        } catch (IOException e) {
            // As good as its end.
        }
        Runtime.getRuntime().halt(0);
    }

    private static void answerInMemory(Path file) throws IOException {
        MemorySegment memory = SharedRegion.map(file, 2L * SharedSlot.LENGTH, Arena.global());
        SharedSlot questions = new SharedSlot(memory.asSlice(0, SharedSlot.LENGTH));
        SharedSlot answers = new SharedSlot(memory.asSlice(SharedSlot.LENGTH));
        byte[] message = new byte[RoundTripLimit.MESSAGE_LENGTH];
        for (long number = 1;; number++) {
            questions.await(number, message);
            answers.write(number, message);
        }
    }

    private static void echo(SocketChannel channel) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(RoundTripLimit.MESSAGE_LENGTH);
        while (channel.read(message) >= 0) {
            if (!message.hasRemaining()) {
                channel.write(message.flip());
                message.clear();
            }
        }
    }

    private static void sink(SocketChannel channel) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(SINK_LENGTH);
        long count = 0;
        for (int read = 0; read >= 0; read = channel.read(piece.clear())) {
            count += read;
        }
        channel.write(ByteBuffer.allocate(Long.BYTES).putLong(count).flip());
    }
}
