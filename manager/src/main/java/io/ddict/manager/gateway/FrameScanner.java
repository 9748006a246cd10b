package io.ddict.manager.gateway;

import io.ddict.client.protocol.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;

/*
 * A bridge hands on frames as the bytes come, whole or not, so that a long frame takes no memory here. It
 * still has to know where frames begin: beats lie between them, and are not handed on.
 */

/** Finds the beats in one direction of a session, and puts others in. On its event loop. */
final class FrameScanner {
    private final Consumer<ByteBuf> out;
    private int header;
    private int headerFilled;
    private int bodyLeft;
    private boolean owesBeat;
    private boolean heardBeat;

    /**
     * Makes one.
     *
     * @param out is handed what belongs to frames
     */
    FrameScanner(Consumer<ByteBuf> out) {
        this.out = out;
    }

    /** Puts a beat between frames, now or as soon as there is a place; one at most. */
    void oweBeat(ByteBufAllocator allocator) {
        owesBeat = true;
        if (isBetweenFrames()) {
            payBeat(allocator);
        }
    }

    /** Whether a beat was found since this was last asked. */
    boolean takeHeardBeat() {
        boolean heard = heardBeat;
        heardBeat = false;
        return heard;
    }

    /** Hands on all that belongs to frames; false if a frame has a length that none has. */
    boolean scan(ByteBuf in, ByteBufAllocator allocator) {
        int start = in.readerIndex();
        while (in.isReadable()) {
            if (bodyLeft > 0) {
                int length = Math.min(bodyLeft, in.readableBytes());
                in.skipBytes(length);
                bodyLeft -= length;
            } else if (isPlainHeader(in)) {
                bodyLeft = in.readInt();
                if (!isLength(bodyLeft)) {
                    return false;
                }
            } else {
                handOn(in, start);
                if (!readHeader(in, allocator)) {
                    return false;
                }
                start = in.readerIndex();
            }
        }
        handOn(in, start);
        return true;
    }

    // One that can be handed on where it lies, together with what is around it.
    private boolean isPlainHeader(ByteBuf in) {
        return headerFilled == 0
                && !owesBeat
                && in.readableBytes() >= Integer.BYTES
                && in.getInt(in.readerIndex()) != Frames.BEAT;
    }

    private boolean readHeader(ByteBuf in, ByteBufAllocator allocator) {
        if (owesBeat && isBetweenFrames()) {
            payBeat(allocator);
        }
        while (headerFilled < Integer.BYTES && in.isReadable()) {
            header = header << Byte.SIZE | in.readUnsignedByte();
            headerFilled++;
        }
        if (headerFilled < Integer.BYTES) {
            return true;
        }
        headerFilled = 0;
        if (header == Frames.BEAT) {
            heardBeat = true;
            return true;
        }
        bodyLeft = header;
        out.accept(allocator.buffer(Integer.BYTES).writeInt(header));
        return isLength(header);
    }

    private static boolean isLength(int length) {
        return length >= 0 && length <= Frames.LENGTH_MAX;
    }

    private void handOn(ByteBuf in, int start) {
        int length = in.readerIndex() - start;
        if (length > 0) {
            out.accept(in.retainedSlice(start, length));
        }
    }

    private boolean isBetweenFrames() {
        return bodyLeft == 0 && headerFilled == 0;
    }

    private void payBeat(ByteBufAllocator allocator) {
        owesBeat = false;
        out.accept(allocator.buffer(Integer.BYTES).writeInt(Frames.BEAT));
    }
}
