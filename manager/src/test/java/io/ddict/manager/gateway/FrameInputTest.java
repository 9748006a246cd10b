package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.ShardFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class FrameInputTest {
    private static final long CORRELATION = 3L << 16 | 7;
    private static final int FIRST_LENGTH = 121;
    private static final byte[] VALUE = new byte[FIRST_LENGTH + 76];

    static {
        new Random(11).nextBytes(VALUE);
    }

    @Test
    void takesAValueWhereverItIsCut() {
        byte[] stream = stream();
        for (int cut = 1; cut < stream.length; cut++) {
            Taken taken = new Taken(VALUE.length);
            taken.add(stream, 0, cut);
            taken.add(stream, cut, stream.length);
            taken.assertWhole("cut=" + cut);
        }
        for (int length = 1; length < stream.length; length++) {
            Taken taken = new Taken(VALUE.length);
            for (int from = 0; from < stream.length; from += length) {
                taken.add(stream, from, Math.min(stream.length, from + length));
            }
            taken.assertWhole("length=" + length);
        }
    }

    @Test
    void takesNoValueWithADamagedByteForWhole() {
        byte[] stream = stream();
        int valueEnd = stream.length - ShardFrame.HEADER_LENGTH;
        for (int index = 0; index < valueEnd; index++) {
            byte[] damaged = stream.clone();
            damaged[index] ^= 0x10;
            Taken taken = new Taken(VALUE.length);
            taken.add(damaged, 0, damaged.length);
            taken.input.close();
            assertThat(taken.value.isWhole()).as("index=" + index).isFalse();
            assertThat(taken.wholes).as("index=" + index).isZero();
        }
    }

    @Test
    void endsAtAPartWhosePayloadIsDamaged() {
        byte[] stream = stream();
        stream[ShardFrame.HEADER_LENGTH + 5]++;
        Taken taken = new Taken(VALUE.length);
        taken.add(stream, 0, stream.length);
        assertThat(taken.malformed).isEqualTo(1);
        // As the connection's end does.
        taken.value.fail();
        assertThat(taken.ends).isEqualTo(1);
        assertThat(taken.value.isWhole()).isFalse();
    }

    @Test
    void refusesPartsThatOverrunTheirValueOrLeaveAGap() {
        Taken tooShort = new Taken(VALUE.length - 1);
        byte[] stream = stream();
        tooShort.add(stream, 0, stream.length);
        assertThat(tooShort.malformed).isEqualTo(1);
        assertThat(tooShort.wholes).isZero();
        Taken gap = new Taken(VALUE.length);
        byte[] second = part(FIRST_LENGTH, VALUE.length);
        gap.add(second, 0, second.length);
        assertThat(gap.malformed).isEqualTo(1);
    }

    @Test
    void keepsPartsUntilItIsToGoOn() {
        byte[] stream = stream();
        Taken taken = new Taken(VALUE.length);
        taken.input.pause();
        taken.add(stream, 0, 100);
        taken.add(stream, 100, stream.length);
        assertThat(taken.wholes).isZero();
        taken.input.resume();
        taken.assertWhole("paused");
    }

    @Test
    void releasesWhatWasReadWhenItIsClosedInAPart() {
        byte[] stream = stream();
        for (int cut = 1; cut < stream.length; cut++) {
            Taken taken = new Taken(VALUE.length);
            ByteBuf bytes = Unpooled.directBuffer(cut).writeBytes(stream, 0, cut);
            taken.input.add(bytes);
            taken.input.close();
            assertThat(bytes.refCnt()).as("cut=" + cut).isZero();
        }
    }

    // Two parts of a value, and a beat behind them.
    private static byte[] stream() {
        byte[] first = part(0, FIRST_LENGTH);
        byte[] second = part(FIRST_LENGTH, VALUE.length);
        byte[] beat = frame(ShardFrame.BEAT, 0, 0);
        byte[] stream = Arrays.copyOf(first, first.length + second.length + beat.length);
        System.arraycopy(second, 0, stream, first.length, second.length);
        System.arraycopy(beat, 0, stream, first.length + second.length, beat.length);
        return stream;
    }

    private static byte[] part(int from, int to) {
        return frame(ShardFrame.PART, from, to);
    }

    private static byte[] frame(byte type, int from, int to) {
        ByteBuffer frame = ByteBuffer.allocate(ShardFrame.HEADER_LENGTH + to - from)
                .order(ByteOrder.LITTLE_ENDIAN);
        ShardFrame.begin(frame, type, to - from);
        if (type == ShardFrame.PART) {
            frame.putLong(ShardFrame.CORRELATION, CORRELATION);
            frame.putLong(ShardFrame.HASH, from);
        }
        frame.put(ShardFrame.HEADER_LENGTH, VALUE, from, to - from);
        CRC32C checksum = new CRC32C();
        ShardFrame.startChecksum(checksum, frame);
        ShardFrame.update(checksum, frame, ShardFrame.HEADER_LENGTH, to - from);
        frame.clear().putInt(ShardFrame.CRC, (int) checksum.getValue());
        return frame.array();
    }

    /** A value that is expected, and what came of it. */
    private static final class Taken implements FrameInput.Receiver {
        final FrameInput input = new FrameInput(this, UnpooledByteBufAllocator.DEFAULT);
        final MemorySegment target;
        final IncomingValue value;
        int beats;
        int wholes;
        int ends;
        int malformed;

        Taken(int length) {
            target = Arena.ofAuto().allocate(length);
            value = IncomingValue.to(target, (byte) 0, () -> ends++);
        }

        void add(byte[] stream, int from, int to) {
            input.add(Unpooled.directBuffer(to - from).writeBytes(stream, from, to - from));
        }

        void assertWhole(String what) {
            assertThat(value.isWhole()).as(what).isTrue();
            assertThat(target.toArray(ValueLayout.JAVA_BYTE)).as(what).isEqualTo(VALUE);
            assertThat(new int[]{wholes, ends, beats, malformed}).as(what)
                    .containsExactly(1, 1, 1, 0);
        }

        @Override
        public boolean onFrame(ByteBuf frame, int base, int payloadLength) {
            beats += frame.getByte(base + ShardFrame.TYPE) == ShardFrame.BEAT ? 1 : 0;
            return true;
        }

        @Override
        public @Nullable IncomingValue value(long correlation) {
            return correlation == CORRELATION ? value : null;
        }

        @Override
        public void onNotReady() {
            throw new AssertionError("value has a place: received=" + value.received() + "B");
        }

        @Override
        public void onWhole(IncomingValue whole) {
            wholes++;
        }

        @Override
        public void onMalformed() {
            malformed++;
        }
    }
}
