package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictTimeoutException;
import io.ddict.pool.ProcessGroup.State;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Groups of processes. */
@ExtendWith(NothingLeft.class)
class ProcessGroupIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final ProcessTemplate SLEEPER = ProcessTemplate.executable("sleep", "100");

    @Test
    void runsMembersOfSeveralKindsToTheirEnds() {
        try (ProcessGroup group = ProcessGroup.builder()
                .name("mixed")
                .add(2, shell("exit 0"))
                .add(1, ProcessTemplate.of(() -> {}))
                .build()) {
            assertThat(group.state()).isEqualTo(State.IDLE);
            group.start();
            group.join(TIMEOUT);

            assertThat(group.state()).isEqualTo(State.IDLE);
            assertThat(group.active()).isEmpty();
            assertThat(group.inactive())
                    .extracting(ProcessGroup.Inactive::name)
                    .containsExactlyInAnyOrder("mixed-0", "mixed-1", "mixed-2");
            assertThat(group.inactive()).allMatch(each -> each.exitCode() == 0);

            group.start();
            group.join(TIMEOUT);
            assertThat(group.inactive()).hasSize(3);
        }
    }

    @Test
    void endsTheOthersAndTellsWhenAMemberFails() {
        try (ProcessGroup group = ProcessGroup.builder()
                .add(2, SLEEPER)
                .add(1, shell("exit 3"))
                .build()) {
            group.start();

            assertThatThrownBy(() -> group.join(TIMEOUT))
                    .isInstanceOfSatisfying(
                            ProcessFailedException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(3))
                    .hasMessageContaining("member of a group failed: group=" + group.name())
                    .hasMessageContaining("member=2");
            assertThat(group.state()).isEqualTo(State.ERROR);
            assertThat(group.active()).isEmpty();
            assertThat(group.inactive()).hasSize(3);
        }
    }

    @Test
    void bringsTheStackTraceOfAMemberThatThrew() {
        try (ProcessGroup group = ProcessGroup.builder()
                .add(1, ProcessTemplate.of(() -> {
                    throw new IllegalStateException("member");
                }).stderr(Redirect.DISCARD))
                .build()) {
            group.start();

            assertThatThrownBy(() -> group.join(TIMEOUT))
                    .isInstanceOf(ProcessFailedException.class)
                    .cause()
                    .isInstanceOf(RemoteFailure.class)
                    .hasMessage("java.lang.IllegalStateException: member");
        }
    }

    @Test
    void goesOnIfErrorsAreIgnored() {
        try (ProcessGroup group = ProcessGroup.builder()
                .ignoreErrorOnExit(true)
                .add(2, shell("exit 3"))
                .add(1, shell("kill -9 $$"))
                .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(group.inactive()).extracting(ProcessGroup.Inactive::exitCode)
                    .containsExactlyInAnyOrder(3, 3, 137);
        }
    }

    @Test
    void startsMembersAgainUntilItIsStopped() {
        try (ProcessGroup group = ProcessGroup.builder()
                .restart(true)
                .add(2, SLEEPER)
                .build()) {
            group.start();
            long first = group.active().getFirst().processId();
            for (Process each : group.active()) {
                assertThat(each.kill()).isTrue();
            }
            NothingLeft.await("restart of both", () -> group.restartCount() == 2
                    && group.active().size() == 2);

            assertThat(group.state()).isEqualTo(State.RUNNING);
            assertThat(group.active()).noneMatch(each -> each.processId() == first);
            group.stopRestart();
            assertThat(group.active().getFirst().kill()).isTrue();
            NothingLeft.await("end of one", () -> group.active().size() == 1);
            group.stop();
            assertThat(group.state()).isNotEqualTo(State.RUNNING);
            assertThat(group.restartCount()).isEqualTo(2);
        }
    }

    @Test
    void isStoppedWhenItsTimeIsOver() {
        try (ProcessGroup group = ProcessGroup.builder()
                .walltime(Duration.ofMillis(200))
                .add(3, SLEEPER)
                .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(group.isWalltimeOver()).isTrue();
            assertThat(group.state()).isEqualTo(State.IDLE);
            assertThat(group.inactive()).allMatch(each -> each.exitCode() == 130);
        }
    }

    @Test
    void stopsByOneSignalAfterTheOther() {
        String ready = "echo ready; while :; do sleep 0.05; done";
        try (ProcessGroup group = ProcessGroup.builder()
                .add(1, shell(ready).stdout(Redirect.PIPE))
                .add(1, shell("trap '' INT; " + ready).stdout(Redirect.PIPE))
                .add(1, shell("trap '' INT TERM; " + ready).stdout(Redirect.PIPE))
                .build()) {
            group.start();
            group.active().forEach(ProcessGroupIT::awaitOutput);

            group.stop(Duration.ofMillis(300));

            assertThat(group.inactive())
                    .extracting(ProcessGroup.Inactive::member, ProcessGroup.Inactive::exitCode)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(0, 130),
                            org.assertj.core.groups.Tuple.tuple(1, 143),
                            org.assertj.core.groups.Tuple.tuple(2, 137));
            assertThat(group.state()).isEqualTo(State.IDLE);
        }
    }

    @Test
    void joinsNoLongerThanItsTimeoutAndGoesOn() {
        try (ProcessGroup group = ProcessGroup.builder().add(1, SLEEPER).build()) {
            group.start();

            assertThatThrownBy(() -> group.join(Duration.ofMillis(50)))
                    .isInstanceOf(DDictTimeoutException.class)
                    .hasMessageContaining("group still runs: group=");
            assertThat(group.state()).isEqualTo(State.RUNNING);
            assertThatThrownBy(group::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("group runs: group=");
            assertThat(group.active()).hasSize(1);
            group.kill();
            group.join(TIMEOUT);
        }
    }

    @Test
    void startsNoMemberIfOneCannotBeStarted() {
        ProcessGroup group = ProcessGroup.builder()
                .add(2, SLEEPER)
                .add(1, ProcessTemplate.executable("no-such-program"))
                .build();

        assertThatThrownBy(group::start)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("executable not found: executable=no-such-program");
        assertThat(group.state()).isEqualTo(State.IDLE);
        assertThat(group.active()).isEmpty();
    }

    @Test
    void givesEachMemberItsOwnPolicy() {
        try (ProcessGroup group = ProcessGroup.builder()
                .policy(Policy.ANY.withGpuVendor(GpuVendor.AMD))
                .add(
                        IntStream.range(0, 3).mapToObj(Policy::onGpus).toList(),
                        shell("exit $ROCR_VISIBLE_DEVICES"))
                .ignoreErrorOnExit(true)
                .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(group.inactive()).allMatch(each -> each.member() == each.exitCode());
        }
    }

    @Test
    void bringsSixtyFourProcessesUpAndDown() {
        try (ProcessGroup group = ProcessGroup.builder().add(64, SLEEPER).build()) {
            long startNs = java.lang.System.nanoTime();
            group.start();
            long upNs = java.lang.System.nanoTime();
            assertThat(group.active()).hasSize(64);
            assertThat(System.current().primaryNode().processes()).isEqualTo(64);
            assertThat(System.current().oversubscription())
                    .isEqualTo(64 - System.current().primaryNode().cpus().size());
            group.stop();

            assertThat(group.inactive()).hasSize(64);
            report("64 executables", startNs, upNs);
        }
    }

    @Test
    void bringsSixtyFourJavaProcessesUpAndDown() throws Exception {
        try (ProcessGroup group = ProcessGroup.builder()
                .add(64, ProcessTemplate.of(() -> {
                    java.lang.System.out.write('r');
                    java.lang.System.out.flush();
                    java.util.concurrent.locks.LockSupport.park();
                }).stdout(Redirect.PIPE).stderr(Redirect.DISCARD).jvmOptions("-Xmx32m"))
                .build()) {
            long startNs = java.lang.System.nanoTime();
            group.start();
            group.active().forEach(ProcessGroupIT::awaitOutput);
            long upNs = java.lang.System.nanoTime();
            group.stop();

            assertThat(group.inactive()).hasSize(64);
            report("64 JVMs", startNs, upNs);
        }
    }

    private static void report(String what, long startNs, long upNs) {
        java.lang.System.out.printf(
                java.util.Locale.ROOT, "%s: up after %d ms, down after %d ms%n", what,
                (upNs - startNs) / 1_000_000,
                (java.lang.System.nanoTime() - upNs) / 1_000_000);
    }

    private static void awaitOutput(Process process) {
        try {
            assertThat(process.stdout().read()).isEqualTo('r');
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static ProcessTemplate shell(String script) {
        return ProcessTemplate.executable("sh", "-c", script);
    }
}
