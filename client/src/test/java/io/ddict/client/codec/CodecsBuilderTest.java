package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class CodecsBuilderTest {
    @SuppressWarnings("ClassCanBeStatic") // That it is not is the mistake to be refused.
    private final class Inner {}

    private static final class PathCodec implements Codec<Path> {
        private final byte tag;

        PathCodec(int tag) {
            this.tag = (byte) tag;
        }

        @Override
        public byte tag() {
            return tag;
        }

        @Override
        public long prepare(Path value, Scratch scratch) {
            byte[] bytes = value.toString().getBytes(StandardCharsets.UTF_8);
            System.arraycopy(bytes, 0, scratch.ensure(bytes.length), 0, bytes.length);
            scratch.length(bytes.length);
            return bytes.length;
        }

        @Override
        public void write(Path value, Scratch scratch, MemorySegment target, long offset) {
            MemorySegment.copy(scratch.array(), 0, target, LittleEndian.BYTE, offset,
                    scratch.length());
        }

        @Override
        public Path read(MemorySegment source, long offset, long length) {
            return Path.of(
                    new String(LittleEndian.copy(source, offset, length), StandardCharsets.UTF_8));
        }
    }

    @Test
    void servesAClassBelowByTheUsersCodecForItsInterface() {
        Codecs codecs = Codecs.builder().add(Path.class, new PathCodec(64)).build();

        assertThat(codecs.forValue(Path.of("a", "b")).tag()).isEqualTo((byte) 64);
        assertThat(Samples.travelled(codecs, Path.of("a", "b"))).isEqualTo(Path.of("a", "b"));
    }

    @Test
    void namesTheTypeOfATag() {
        Codecs codecs = Codecs.builder().add(Path.class, new PathCodec(64)).build();

        assertThat(codecs.typeName(codecs.forValue(new byte[0]).tag())).isEqualTo("byte[]");
        assertThat(codecs.typeName(Codecs.TAG_LONG)).isEqualTo("java.lang.Long");
        assertThat(codecs.typeName((byte) 64)).isEqualTo(Path.class.getName());
        assertThat(codecs.typeName(codecs.forValue(new ArrayList<>()).tag()))
                .isEqualTo("java.lang.Object");
        assertThat(codecs.typeName((byte) 65)).isEqualTo("tag 65");
        assertThat(codecs.typeName((byte) -1)).isEqualTo("tag -1");
    }

    @Test
    void leavesBuiltInTypesToTheirCodecsWhenTheUsersIsForAClassAbove() {
        Codecs codecs = Codecs.builder().add(Object.class, uncheckedCodec(64)).build();

        assertThat(codecs.forValue("a").tag()).isEqualTo(Tags.STRING);
        assertThat(codecs.forValue(ByteBuffer.allocate(1)).tag()).isEqualTo(Tags.BYTE_BUFFER);
        assertThat(codecs.forValue(new Object()).tag()).isEqualTo((byte) 64);
    }

    @Test
    void prefersTheUsersCodecForAClassItKnowsToo() {
        Codec<String> shouting = new Codec<>() {
            @Override
            public byte tag() {
                return 127;
            }

            @Override
            public long prepare(String value, Scratch scratch) {
                return 1;
            }

            @Override
            public void write(String value, Scratch scratch, MemorySegment target, long offset) {
                target.set(LittleEndian.BYTE, offset, (byte) '!');
            }

            @Override
            public String read(MemorySegment source, long offset, long length) {
                return "!";
            }
        };
        Codecs codecs = Codecs.builder().add(String.class, shouting).build();

        assertThat(codecs.forValue("a")).isSameAs(shouting);
        assertThat(codecs.byTag((byte) 127)).isSameAs(shouting);
        assertThat(codecs.byTag(Tags.STRING).rawCopy()).isFalse();
        assertThat(shouting.rawCopy()).isFalse();
    }

    @Test
    void refusesTagsThatAreNotTheUsers() {
        for (int tag : new int[]{-1, 0, 3, 63}) {
            assertThatThrownBy(() -> Codecs.builder().add(Path.class, new PathCodec(tag)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tag=" + tag)
                    .hasMessageContaining("tagMin=64");
        }
    }

    @Test
    void refusesATagOrClassTwice() {
        Codecs.Builder builder = Codecs.builder().add(Path.class, new PathCodec(64));

        assertThatThrownBy(() -> builder.add(Path.class, new PathCodec(65)))
                .hasMessageContaining("java.nio.file.Path");
        assertThatThrownBy(() -> builder.add(Object.class, uncheckedCodec(64)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tag=64")
                .hasMessageContaining("takenBy=java.nio.file.Path");
    }

    @SuppressWarnings("unchecked") // It is never used.
    private static Codec<Object> uncheckedCodec(int tag) {
        return (Codec<Object>) (Codec<?>) new PathCodec(tag);
    }

    @Test
    void refusesClassesOfWhichThereAreNoObjects() {
        for (Class<?> type : new Class<?>[]{Comparable.class, int.class, int[].class,
            Samples.Point[].class}) {
            assertThatThrownBy(() -> Codecs.builder().register(type))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("class=" + type.getTypeName());
        }
    }

    @Test
    void refusesClassesThatHoldAnotherObject() {
        Object anonymous = new Object() {};
        assertThatThrownBy(() -> Codecs.builder().register(Inner.class))
                .hasMessageContaining("make it static");
        assertThatThrownBy(() -> Codecs.builder().register(anonymous.getClass()))
                .hasMessageContaining("make it static");
    }

    @Test
    void takesAClassTwice() {
        Codecs codecs = Codecs.builder().register(Samples.Point.class).register(Samples.Point.class)
                .build();

        assertThat(Samples.travelled(codecs, new Samples.Point(1, 2)))
                .isEqualTo(new Samples.Point(1, 2));
    }

    @Test
    void leavesWhatItBuiltAlone() {
        Codecs.Builder builder = Codecs.builder();
        Codecs before = builder.build();
        builder.register(Samples.Point.class).add(Path.class, new PathCodec(64));

        assertThatThrownBy(() -> before.forValue(new Samples.Point(1, 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> before.byTag((byte) 64)).isInstanceOf(CodecException.class);
    }
}
