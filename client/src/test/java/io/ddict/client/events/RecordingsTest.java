package io.ddict.client.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.channel.Deadline;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a client's JVM loads of Flight Recorder while nobody records. */
class RecordingsTest {
    /** A call that waits until its time is over. */
    static final class WaitingProgram {
        private WaitingProgram() {}

        public static void main(String[] arguments) {
            Deadline deadline = new Deadline().start(TimeUnit.MILLISECONDS.toNanos(20));
            while (deadline.pause()) {
                // It spins, yields and naps.
            }
            assert deadline.takeSlow() == null;
            Recordings.refused(new DDictTimeoutException("time over"), "pool", 0);
        }
    }

    @Test
    void touchNoEventWhileNobodyRecords() throws Exception {
        Process process = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-ea",
                "-Xlog:class+load",
                "-cp",
                System.getProperty("java.class.path", ""),
                WaitingProgram.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output)
                .contains(Recordings.class.getName())
                .doesNotContain(SlowCallEvent.class.getName())
                .doesNotContain(RefusedCallEvent.class.getName())
                .doesNotContain("jdk.jfr.internal");
    }
}
