package io.ddict.client.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PipeChannelTest {
    private static PipeChannel reading(byte[] written) {
        return new PipeChannel(new ByteArrayInputStream(written), new ByteArrayOutputStream());
    }

    @Test
    void readsWhatLinesHoldAndPassesOverOthers() throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        written.write("Welcome to n1\n".getBytes(StandardCharsets.US_ASCII));
        written.write(PipeChannel.line(new byte[]{1, 2, 3}));
        written.write("[warning][os] something\r\n\n".getBytes(StandardCharsets.US_ASCII));
        written.write(PipeChannel.line(new byte[0]));
        written.write(PipeChannel.line(new byte[]{'\n', -1}));

        PipeChannel channel = reading(written.toByteArray());

        ByteBuffer read = ByteBuffer.allocate(2);
        assertThat(channel.read(read)).isEqualTo(2);
        assertThat(read.array()).containsExactly(1, 2);
        assertThat(channel.read(read.clear())).isEqualTo(1);
        assertThat(read.get(0)).isEqualTo((byte) 3);
        assertThat(channel.read(read.clear())).isEqualTo(2);
        assertThat(read.array()).containsExactly('\n', -1);
        assertThat(channel.read(read.clear())).isEqualTo(-1);
    }

    @Test
    void tellsADamagedLine() {
        PipeChannel channel =
                reading("ddict-session:not base 64\n".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(2)))
                .isInstanceOf(IOException.class)
                .hasMessage("line of a session is damaged");
    }
}
