package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Processes from their start to their end. */
@ExtendWith(NothingLeft.class)
class ProcessIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @Test
    void startsAnExecutableAndReturnsItsExitCode() {
        Process process = Process.start(ProcessTemplate.executable("sh", "-c", "exit 7"));

        assertThat(process.join(TIMEOUT)).isEqualTo(7);
        assertThat(process.isAlive()).isFalse();
        assertThat(process.exitCode()).hasValue(7);
        assertThat(process.exitSignal()).isEmpty();
    }

    @Test
    void showsOutputInThatOfTheLauncher() {
        try (Captured captured = new Captured()) {
            int exitCode = Process.start(
                    ProcessTemplate.executable("sh", "-c", "echo one; echo two >&2; echo three"))
                    .join(TIMEOUT);

            assertThat(exitCode).isZero();
            assertThat(captured.out()).isEqualTo("one\nthree\n");
            assertThat(captured.err()).isEqualTo("two\n");
        }
    }

    @Test
    void joinsNoLongerThanItsTimeout() {
        Process process = Process.start(ProcessTemplate.executable("sleep", "100"));

        assertThatThrownBy(() -> process.join(Duration.ofMillis(50)))
                .isInstanceOf(DDictTimeoutException.class)
                .hasMessageContaining("process still runs: process=" + process.name());
        assertThat(process.isAlive()).isTrue();
        assertThat(process.kill()).isTrue();
        assertThat(process.join(TIMEOUT)).isEqualTo(128 + Process.SIGKILL);
        assertThat(process.exitSignal()).hasValue(Process.SIGKILL);
        assertThat(process.kill()).isFalse();
    }

    @Test
    void runsALambdaAndBringsItsResult() {
        int base = 40;

        Process process = Process.start(ProcessTemplate.of(() -> base + 2));

        assertThat(process.<Integer>result(TIMEOUT)).isEqualTo(42);
    }
}
