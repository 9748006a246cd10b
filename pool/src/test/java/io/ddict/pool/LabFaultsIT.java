package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.node.Heartbeats;
import io.ddict.manager.lab.Lab;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program on two nodes between which packets get lost, or come late. */
@Timeout(120)
class LabFaultsIT {
    private static final int SECONDS = Integer.getInteger("ddict.lab.seconds", 6);
    private static final int LOSS_PERCENT = 20;
    private static final Duration DELAY = Duration.ofMillis(10);
    private static final Duration LONG_FAILURE_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
    // The other end is waited for three seconds longer; and two cores may be busy.
    private static final Duration CALL_MAX = CALL_TIMEOUT.plusSeconds(8);

    private static Lab lab;

    @BeforeAll
    static void up(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
        lab = Lab.up(2).assume("ssh", "delay").sshd();
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void heal() {
        lab.heal();
    }

    // What is lost is sent again after 0.2 s, 0.4 s, 0.8 s, ...: in 3 s, too few times to be sure of it.
    @Test
    void showsNoWrongValueAndHangsNowhereWhileAFifthOfAllPacketsIsLost() throws Exception {
        String told = run(SECONDS, LONG_FAILURE_TIMEOUT, each -> each.loss("n2", LOSS_PERCENT));

        assertThat(told).contains("wrong=0,").doesNotContainPattern("wrong=[1-9]");
    }

    @Test
    void losesNoProcessWhileItsNodeIsAwayForLessThanTheFailureTimeout() throws Exception {
        Duration away = Heartbeats.failureTimeout().plusSeconds(2);
        int seconds = SECONDS + (int) away.toSeconds();
        String told = run(seconds, LONG_FAILURE_TIMEOUT, each -> {
            each.isolate("n2");
            pause(away);
            each.heal();
        });

        assertThat(told).contains("wrong=0,").doesNotContainPattern("wrong=[1-9]");
    }

    @Test
    void showsNoWrongValueAndLosesNoCallWhilePacketsComeLate() throws Exception {
        String told = run(SECONDS, Heartbeats.failureTimeout(), each -> each.delay("n2", DELAY));

        assertThat(told).contains("wrong=0,")
                .doesNotContainPattern("wrong=[1-9]")
                .doesNotContainPattern("not known=[1-9]");
    }

    private static void pause(Duration duration) {
        long endNs = java.lang.System.nanoTime() + duration.toNanos();
        for (long leftNs = duration.toNanos(); leftNs > 0; leftNs =
                endNs - java.lang.System.nanoTime()) {
            LockSupport.parkNanos(leftNs);
        }
    }

    /** Runs the program, does something to the network once it is at work, and returns what it tells. */
    private static String run(int seconds, Duration failureTimeout, Consumer<Lab> fault)
            throws Exception {
        Path errors = lab.folder().resolve("errors");
        ProcessBuilder builder = lab.builder(
                "n1", ScriptRun.SCRIPT.toString(), "run", "--hosts", "n1,n2", "-cp",
                RunScriptIT.classes(), Loaded.class.getName(), Integer.toString(seconds))
                .redirectError(errors.toFile());
        builder.environment()
                .put(Heartbeats.VARIABLE, Long.toString(failureTimeout.toMillis()));
        java.lang.Process program = builder.start();
        try (BufferedReader output = program.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).as(Files.readString(errors)).isEqualTo("at work");
            fault.accept(lab);
            Duration most = CALL_MAX.plusSeconds(seconds + 20);
            if (!program.waitFor(most.toSeconds(), TimeUnit.SECONDS)) {
                fail("program hangs: seconds=" + most.toSeconds() + "\n"
                        + Files.readString(errors));
            }
            String told = String.valueOf(output.readLine());
            java.lang.System.out.println(told);
            assertThat(program.exitValue()).as(Files.readString(errors)).isZero();
            return told;
        } finally {
            program.destroyForcibly();
        }
    }

    /** Writes and reads on both nodes for so many seconds, and compares all that it reads. */
    static final class Loaded {
        private static final int KEYS = 40;
        private static final int LENGTH_MAX = 4_000;
        private static final long[] ATTACHED = {1};

        private Loaded() {}

        public static void main(String[] arguments) {
            DDictConfig config = DDictConfig.builder()
                    .nodes(2)
                    .totalMemory(ByteSize.mib(64))
                    .timeout(CALL_TIMEOUT)
                    .build();
            DDict<String, long[]> dict = DDict.create(config);
            String handle = dict.serialize();
            int seconds = Integer.parseInt(arguments[0]);
            Process other = Process.start(
                    ProcessTemplate.of(() -> attachAndWork(handle, seconds)),
                    Policy.onHost("n2"));
            // Who has not connected yet would give up after 5 s.
            dict.awaitValue("other", ATTACHED, CALL_TIMEOUT);
            java.lang.System.out.println("at work");
            List<Tally> tallies = new ArrayList<>(List.of(work(dict, "first", seconds)));
            tallies.add(other.result(CALL_MAX.plusSeconds(seconds)));
            java.lang.System.out.println(String.join("; ", tallies.stream()
                    .map(Tally::toString).toList()));
            if (tallies.stream().anyMatch(each -> each.wrong > 0 || each.hasNone())) {
                throw new IllegalStateException("wrong values, or none");
            }
        }

        private static Tally attachAndWork(String handle, int seconds) {
            try (DDict<String, long[]> dict = DDict.attach(handle)) {
                dict.put("other", ATTACHED);
                return work(dict, "other", seconds);
            }
        }

        private static Tally work(DDict<String, long[]> dict, String worker, int seconds) {
            Tally tally = new Tally();
            long endNs = java.lang.System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            long[] known = new long[KEYS];
            Set<Long> unknown = new HashSet<>();
            for (long version = 1; java.lang.System.nanoTime() < endNs; version++) {
                long startNs = java.lang.System.nanoTime();
                tally.calls++;
                try {
                    step(dict, worker, version, known, unknown, tally);
                } catch (DDictException e) {
                    tally.failed(e);
                    unknown.add(version);
                }
                tally.longestNs = Math.max(
                        tally.longestNs, java.lang.System.nanoTime() - startNs);
            }
            return tally;
        }

        // A put whose outcome is not known may take effect later.
        private static void step(
                DDict<String, long[]> dict, String worker, long version, long[] known,
                Set<Long> unknown, Tally tally) {
            int index = (int) (version % KEYS);
            String key = worker + "-" + index;
            long[] read = dict.get(key);
            long found = read == null ? 0 : read[0];
            boolean isOther = found != known[index] && !unknown.contains(found);
            boolean isTorn = read != null
                    && (read.length != length(found)
                            || Arrays.stream(read).anyMatch(each -> each != found));
            if (isOther || isTorn) {
                tally.wrong++;
            }
            long[] value = new long[length(version)];
            Arrays.fill(value, version);
            dict.put(key, value);
            known[index] = version;
        }

        private static int length(long version) {
            return (int) (1 + version * 37 % LENGTH_MAX);
        }
    }

    /** What a worker did: a get and a put are one call. */
    static final class Tally implements java.io.Serializable {
        private static final long serialVersionUID = 1;
        private static final Set<Status> UNKNOWN =
                EnumSet.of(Status.MANAGER_LOST, Status.TIMEOUT, Status.UNAVAILABLE);

        private long calls;
        private long refused;
        private long unknown;
        private long wrong;
        private long longestNs;

        /** Counts a call that was refused as a node was not heard of for a lease, or whose end is open. */
        void failed(DDictException failure) {
            boolean isOpen = failure.getMessage().contains("may take effect");
            if (failure.status() == Status.UNAVAILABLE && !isOpen) {
                refused++;
            } else if (UNKNOWN.contains(failure.status())) {
                unknown++;
            } else {
                throw failure;
            }
        }

        /** Whether no call succeeded. */
        boolean hasNone() {
            return calls == refused + unknown;
        }

        @Override
        public String toString() {
            return "calls=" + calls + ", wrong=" + wrong + ", refused=" + refused
                    + ", outcomes not known=" + unknown
                    + ", longest=" + longestNs / 1_000_000 + "ms";
        }
    }
}
