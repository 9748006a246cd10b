package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An embedded dictionary ends with the process that made it, whatever way that ends. */
@ExtendWith(MachineExtension.class)
class ParentEndsIT {
    private static final Duration SOON = Duration.ofSeconds(6);

    @ParameterizedTest
    @CsvSource({"return,0", "close,0", "exit,7", "throw,1", "SIGTERM,143", "SIGKILL,137"})
    void endsTheServiceAndItsClients(String way, int status, Machine machine) throws Exception {
        ChildProcess creator = machine.start(CreatorRole.class);
        String handle = creator.await("handle ");
        ChildProcess attached = machine.start(AttachedRole.class, handle);
        attached.await("value value");
        int uses = Integer.parseInt(attached.await("uses "));
        assertThat(machine.serviceProcesses()).hasSize(1);
        assertThat(machine.pools()).hasSize(1);
        long startNs = System.nanoTime();
        end(creator, way);
        assertThat(creator.awaitEnd()).isEqualTo(status);
        long endNs = System.nanoTime();
        Duration leftover = way.equals("SIGKILL") ? SOON : Duration.ZERO;
        Await.until(
                leftover,
                () -> "service ends: " + machine.serviceProcesses(),
                () -> machine.serviceProcesses().isEmpty());
        Await.until(leftover, () -> "files are gone", () -> machine.leftovers().isEmpty());
        long goneNs = System.nanoTime();
        long lastNs = 0;
        for (int i = 0; i < uses; i++) {
            String line = attached.await("ended ");
            lastNs = Math.max(lastNs, Long.parseLong(line.substring(0, line.indexOf(' '))));
            assertThat(line).contains(" io.ddict.client.ManagerLostException: ");
        }
        attached.tell("go on");
        attached.await("refused manager ended: ");
        attached.await("refused io.ddict.client.ManagerLostException: ");
        assertThat(attached.awaitEnd()).isZero();
        System.out.printf(Locale.ROOT,
                "ParentEndsIT: %s: creator ended after %d ms, service and files gone %d ms later,"
                        + " clients told %d ms after the end began%n",
                way, ms(endNs - startNs), ms(goneNs - endNs), ms(lastNs - startNs));
        assertThat(Duration.ofNanos(lastNs - startNs)).isLessThan(SOON);
    }

    @Test
    void endsAServiceWhoseParentIsKilledWhileItStarts(Machine machine) {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 3; i++) {
            ChildProcess creator = machine.start(CreatorRole.class);
            if (i > 0) {
                Await.until(
                        Duration.ofSeconds(20), () -> "service started",
                        () -> !machine.serviceProcesses().isEmpty());
            }
            Await.pass(Duration.ofMillis(random.nextInt(500)));
            creator.kill();
            creator.awaitEnd();
            // A service that was being started is no process of that name yet, and has yet to come to
            // where it looks at the pipe.
            Await.pass(Duration.ofSeconds(1));
            Await.until(
                    Duration.ofSeconds(10),
                    () -> "service ends: " + machine.serviceProcesses(),
                    () -> machine.serviceProcesses().isEmpty());
            assertThat(machine.leftovers()).isEmpty();
        }
    }

    private static void end(ChildProcess creator, String way) {
        switch (way) {
            case "SIGTERM" -> creator.terminate();
            case "SIGKILL" -> creator.kill();
            default -> creator.tell(way);
        }
    }

    private static long ms(long ns) {
        return ns / 1_000_000;
    }
}
