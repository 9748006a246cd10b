package io.ddict.manager.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/** A service's end of a simulated connection, as Netty's sockets are. On its event loop. */
final class SimulatedChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);
    private static final int[] READ_LENGTHS = {512, 4 << 10, 256 << 10};

    private final Simulator simulator;
    private final SimulatedNetwork.Connection connection;
    private final ChannelConfig config = new DefaultChannelConfig(this);
    private boolean isActive = true;
    private boolean readPending;
    private boolean isLooking;
    private boolean isBehind;

    SimulatedChannel(
            Simulator simulator, SimulatedNetwork.Connection connection,
            ByteBufAllocator allocator) {
        super(null);
        this.simulator = simulator;
        this.connection = connection;
        config.setAllocator(allocator);
        connection.up.onReadable(this::look);
        connection.down.onWritable(this::look);
    }

    // From any thread, or none.
    private void look() {
        if (isRegistered() && !isLooking) {
            isLooking = true;
            eventLoop().execute(this::onReady);
        }
    }

    private void onReady() {
        isLooking = false;
        if (isBehind && isActive) {
            isBehind = false;
            ((Unsafe) unsafe()).flushAgain();
        }
        if (readPending && isActive && connection.up.isReadable()) {
            readNow();
        }
    }

    private void readNow() {
        readPending = false;
        int length = READ_LENGTHS[simulator.random().nextInt(READ_LENGTHS.length)];
        ByteBuf read = alloc().ioBuffer(length);
        int count = -1;
        try {
            ByteBuffer target = read.internalNioBuffer(0, length);
            count = connection.up.read(target);
        } catch (IOException e) {
            pipeline().fireExceptionCaught(e);
        }
        if (count > 0) {
            read.writerIndex(count);
            pipeline().fireChannelRead(read);
            pipeline().fireChannelReadComplete();
        } else {
            read.release();
            unsafe().close(voidPromise());
        }
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (connection.up.isReadable()) {
            look();
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) throws IOException {
        while (outbound.current() instanceof ByteBuf next) {
            int length = next.readableBytes();
            int count = length == 0
                    ? 0
                    : connection.down.write(next.nioBuffer(next.readerIndex(), length));
            if (length > 0 && count == 0) {
                isBehind = true;
                return;
            }
            outbound.progress(count);
            if (count == length) {
                outbound.remove();
            } else {
                next.skipBytes(count);
            }
        }
    }

    @Override
    protected void doClose() {
        isActive = false;
        connection.closeByService();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new Unsafe();
    }

    private final class Unsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            throw new UnsupportedOperationException();
        }

        void flushAgain() {
            super.flush0();
        }

        // Until there is room again, as that of a socket.
        @Override
        protected void flush0() {
            if (!isBehind) {
                super.flush0();
            }
        }
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof SimulatedLoop;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return isActive;
    }

    @Override
    public boolean isActive() {
        return isActive;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected SocketAddress localAddress0() {
        return InetSocketAddress.createUnresolved("service", 1);
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return InetSocketAddress.createUnresolved("client", connection.number);
    }

    @Override
    protected void doBind(SocketAddress local) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }
}
