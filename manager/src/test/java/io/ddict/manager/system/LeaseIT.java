package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.files.FileTree;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What becomes of a node that is stopped for longer than its lease, and of the processes on it that are
 * not.
 */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class LeaseIT {
    private static final String CLUSTER = "leases";
    private static final String OVER = "lease of the node is over";
    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final Duration REFUSED = LEASE.plusMillis(500);
    // Some two seconds on a machine that does nothing else.
    private static final Duration BACK = Duration.ofSeconds(20);

    private ChildProcess first;
    private ChildProcess newest;
    private Cluster cluster;

    @BeforeEach
    void startNodes(Machine machine) {
        NodeAddress address = machine.startListeningService(CLUSTER);
        first = machine.service();
        machine.startJoiningService(CLUSTER, address);
        machine.startJoiningService(CLUSTER, address);
        newest = machine.service();
        cluster = machine.connect(CLUSTER);
        Await.until(BACK, () -> "three keep the log", () -> keepers() == 3);
    }

    private static long keepers() {
        return Members.of(NodeConnection.shared(CLUSTER)).stream()
                .filter(MemberEntry::keepsLog)
                .count();
    }

    @Test
    void refusesReadsAndWritesInPlaceOnceTheLeaseIsOverAndGoesOnWithAllKeys() {
        DDictConfig config = DDictConfig.builder()
                .nodes(3)
                .totalMemory(ByteSize.mib(48))
                .timeout(Duration.ofSeconds(1))
                .build();
        try (DDict<Integer, String> dict = cluster.create(config)) {
            IntStream.range(0, 300).forEach(key -> dict.put(key, "value-" + key));
            List<Integer> here = keysOf(dict, true);
            List<Integer> there = keysOf(dict, false);
            int one = here.getFirst();

            first.stop();
            try {
                assertThat(dict.get(one)).as("while the lease holds").isEqualTo("value-" + one);
                Await.until(REFUSED, () -> "it is refused", () -> isRefused(() -> dict.get(one)));
                assertThatThrownBy(() -> dict.put(one, "late")).hasMessageContaining(OVER)
                        .hasMessageNotContaining("may take effect");
                assertThatThrownBy(() -> dict.getAndAdd(one, 1)).hasMessageContaining(OVER);
                assertThatThrownBy(() -> dict.remove(one)).hasMessageContaining(OVER);
                there.forEach(key -> dict.put(key, "other-" + key));
                there.forEach(key -> assertThat(dict.get(key)).isEqualTo("other-" + key));
            } finally {
                first.resume();
            }

            Await.until(BACK, () -> "it is back", () -> !isRefused(() -> dict.get(one)));
            here.forEach(key -> assertThat(dict.get(key)).isEqualTo("value-" + key));
            here.forEach(key -> dict.put(key, "again-" + key));
            here.forEach(key -> assertThat(dict.get(key)).isEqualTo("again-" + key));
            assertThat(dict.size()).isEqualTo(300);
            dict.freeze();
            dict.unfreeze();
            dict.destroy();
        }
        assertThat(cluster.dictionaries()).isEmpty();
    }

    @Test
    void givesUpWhatWasMadeAnewElsewhereMeanwhile(Machine machine) {
        DDict<String, String> old = cluster.create(
                DDictConfig.builder().name("orders").totalMemory(ByteSize.mib(8)).build());
        old.put("key", "old");
        ChildProcess newcomer = machine.start(
                List.of("-Dddict.directory=" + machine.otherMachine(1)), NewcomerRole.class,
                CLUSTER,
                "orders");
        newcomer.await("ready");
        first.stop();
        try {
            newcomer.tell("make");
            newcomer.await("made");
            assertThatThrownBy(() -> old.get("key")).hasMessageContaining(OVER);
            assertThatThrownBy(() -> old.put("key", "late")).hasMessageContaining(OVER);
        } finally {
            first.resume();
        }

        Await.until(
                BACK, () -> "the old one is gone", () -> isDestroyed(() -> old.get("key")));
        old.close();
        try (DDict<String, String> now = cluster.attach("orders", AttachOptions.DEFAULTS)) {
            assertThat(now.get("key")).isEqualTo("new");
        }
        newcomer.tell("destroy");
        newcomer.await("destroyed");
        assertThat(newcomer.awaitEnd()).isZero();
        machine.endServiceThatTold(first, "part of a dictionary is given up");
    }

    @Test
    void isAttachedToWhileANodeIsSilentAndReachesItLater() {
        DDict<Integer, String> dict = cluster.create(
                DDictConfig.builder().nodes(3).totalMemory(ByteSize.mib(24)).build());
        DDict<Integer, String> late;

        newest.stop();
        try {
            Await.until(
                    LEASE.plusSeconds(3), () -> "it is dead to the others",
                    () -> isLost(dict::freeze));
            late = cluster.attach(dict.name(), AttachOptions.DEFAULTS);
        } finally {
            newest.resume();
        }
        Await.until(BACK, () -> "it is back", () -> !isLost(dict::unfreeze));
        // Its session answers before it has a lease again.
        Await.until(
                BACK, () -> "it is written to",
                () -> !isRefused(
                        () -> IntStream.range(0, 300)
                                .forEach(key -> dict.put(key, "value-" + key))));
        IntStream.range(0, 300).forEach(key -> assertThat(late.get(key)).isEqualTo("value-" + key));
        late.close();
        dict.destroy();
        dict.close();
    }

    @Test
    void goesOnElsewhereWhenTheLeaderIsKilled(Machine machine) throws IOException {
        List<String> onSecond = List.of("-Dddict.directory=" + machine.otherMachine(1));
        ChildProcess pulse = machine.start(onSecond, PulseRole.class, CLUSTER);
        ChildProcess newcomer = machine.start(onSecond, NewcomerRole.class, CLUSTER, "orders");
        pulse.await("beats");
        newcomer.await("ready");
        first.kill();
        assertThat(first.awaitEnd()).isNotZero();
        FileTree.remove(machine.userDirectory().resolve(CLUSTER));

        newcomer.tell("make");
        newcomer.await("made", BACK);
        Await.pass(LEASE.plusSeconds(1));
        pulse.tell("end");
        int longestMs = Integer.parseInt(pulse.await("longest "));
        System.out.println("LeaseIT: longest call elsewhere: " + longestMs + " ms");
        newcomer.tell("destroy");
        newcomer.await("destroyed");
        assertThat(List.of(pulse.awaitEnd(), newcomer.awaitEnd())).containsOnly(0);
    }

    private static List<Integer> keysOf(DDict<Integer, String> dict, boolean isHere) {
        return IntStream.range(0, 300)
                .filter(key -> dict.topology().get(dict.whichManager(key)).isLocal() == isHere)
                .boxed()
                .toList();
    }

    private static boolean isRefused(Runnable call) {
        try {
            call.run();
            return false;
        } catch (DDictException e) {
            assertThat(e).hasMessageContaining(OVER);
            assertThat(e.status()).isEqualTo(DDictException.Status.UNAVAILABLE);
            return true;
        }
    }

    // Until then it may be refused; what it had must not be seen.
    private static boolean isDestroyed(Runnable call) {
        try {
            call.run();
        } catch (DestroyedException e) {
            return true;
        } catch (DDictException e) {
            assertThat(e).hasMessageContaining(OVER);
            return false;
        }
        throw new AssertionError("a value was read that is not the dictionary's any more");
    }

    private static boolean isLost(Runnable call) {
        try {
            call.run();
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }
}
