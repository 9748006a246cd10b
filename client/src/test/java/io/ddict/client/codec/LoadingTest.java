package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a client's JVM, started without flags, loads and says. */
class LoadingTest {
    /** Puts one of each plain value. */
    static final class PlainProgram {
        private PlainProgram() {}

        public static void main(String[] arguments) {
            Codecs codecs = Codecs.builder().register(Samples.Point.class).build();
            for (Object value : List.of("text", 1L, 2, new byte[9], new double[9],
                    UUID.randomUUID())) {
                Samples.travelled(codecs, value);
                Samples.key(codecs, value).hash(1);
            }
            Samples.key(codecs, new Samples.Point(1, 2));
        }
    }

    @Test
    void loadsForyOnlyForObjects() throws Exception {
        Process process = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xlog:class+load",
                "-cp",
                System.getProperty("java.class.path", ""),
                PlainProgram.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(output)
                .contains(Codecs.class.getName())
                .doesNotContain("org.apache.fory")
                .doesNotContain("WARNING");
    }
}
