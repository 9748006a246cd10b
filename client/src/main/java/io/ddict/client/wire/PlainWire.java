package io.ddict.client.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A socket and nothing else. */
final class PlainWire extends Wire {
    private final SocketChannel channel;
    private final ByteBuffer[] gathered = new ByteBuffer[2];

    PlainWire(SocketChannel socket) {
        super(socket);
        this.channel = socket;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public long write(ByteBuffer first, ByteBuffer second) throws IOException {
        gathered[0] = first;
        gathered[1] = second;
        return channel.write(gathered);
    }

    @Override
    public boolean isBehind() {
        return false;
    }
}
