package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.ManagerLostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/*
 * Each row once, by SIGKILL. That it holds at every instruction, over and over and under load, is shown by
 * ClientStormIT, ServiceKilledIT, RestartIT and ParentEndsIT.
 */

/** Every row of the contract's table of what others see when something dies. */
@ExtendWith(MachineExtension.class)
@Timeout(60)
class DeathsTableIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void clientsAcceptedPutsApplyAndUnfinishedOnesNeverDid(Machine machine) throws Exception {
        DDict<String, Object> dict =
                machine.create(DDictConfig.builder().totalMemory(ByteSize.mib(64)));
        Ledger ledger = Ledger.start(machine, List.of(), dict.serialize(), "dead-", 2, 11);
        ledger.awaitReady();
        Await.until(SOON, () -> "load", () -> dict.size() > 20);
        ledger.child().kill();
        ledger.awaitEnd();
        machine.forget(ledger.child());
        assertThat(ledger.done()).isPositive();
        ledger.checkValues(key -> (byte[]) dict.get(key));
        dict.put("others", "go on");
        assertThat(dict.get("others")).isEqualTo("go on");
        dict.clear();
        Await.until(SOON, () -> "granted blocks come back: " + dict.stats(),
                () -> counter(dict, "links") == 1 && counter(dict, "used-bytes") == 0);
    }

    @Test
    void clientsDeferredCallsGoAwayAndItIsAWriterNoLonger(Machine machine) {
        DDict<String, Object> dict = machine.create(DDictConfig.builder()
                .totalMemory(ByteSize.mib(16)).workingSetSize(2).waitForWriters(true));
        ChildProcess writer = machine.start(CheckpointRole.class, dict.serialize());
        writer.await("written");
        dict.checkpoint();
        dict.put("key", 1L);
        long version = dict.getVersioned("child").version();
        ChildProcess waiting = machine.start(CheckpointRole.class, dict.serialize(), "2");
        waiting.await("waiting");
        awaitDeferred(dict, 1);
        waiting.kill();
        waiting.awaitEnd();
        Await.until(SOON, () -> "end of its link", () -> counter(dict, "links") == 2);
        dict.checkpoint();
        CompletableFuture<Void> put = dict.async().put("key", 2L);
        awaitDeferred(dict, 2);
        assertThat(put).isNotDone();
        writer.kill();
        writer.awaitEnd();
        assertThat(put).succeedsWithin(SOON);
        assertThat(dict.get("key")).isEqualTo(2L);
        assertThat(dict.getVersioned("child").version())
                .as("put at 0, and never at 2").isEqualTo(version);
        machine.forget(waiting);
        machine.forget(writer);
    }

    private static void awaitDeferred(DDict<?, ?> dict, long count) {
        Await.until(SOON, () -> "deferred put", () -> counter(dict, "writes-deferred") == count);
    }

    private static long counter(DDict<?, ?> dict, String name) {
        return dict.stats().managers().getFirst().counter(name);
    }

    @Test
    void nodeServicesShardsAnswerManagerLostAndNeverHang(Machine machine) {
        DDict<String, Object> dict = machine.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        dict.put("key", "value");
        try (OtherProcess other = new OtherProcess(machine)) {
            assertThat(other.call("get", dict, "key")).isEqualTo("value");
            CompletableFuture<Void> waiting =
                    dict.async().awaitValue("key", "never", Duration.ofMinutes(5));
            other.begin("awaitValue", dict, "key", "never");
            machine.service().kill();
            machine.service().awaitEnd();
            assertThat(waiting).failsWithin(SOON).withThrowableThat()
                    .withCauseInstanceOf(ManagerLostException.class);
            assertThat(other.answer()).isEqualTo("refused MANAGER_LOST");
            for (int i = 0; i < 10; i++) {
                String key = "key" + i;
                assertThatThrownBy(() -> dict.get(key)).isInstanceOf(ManagerLostException.class);
                assertThatThrownBy(() -> dict.put(key, "late"))
                        .isInstanceOf(ManagerLostException.class);
                assertThat(other.call("put", dict, key, "late"))
                        .isEqualTo("refused MANAGER_LOST");
            }
            assertThat(other.call("size", dict)).isEqualTo("refused MANAGER_LOST");
            assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                    .isInstanceOf(ManagerLostException.class);
        }
        // Sweeps what is left.
        machine.startService("next");
    }

    @Test
    void creatorsRuntimeEndsWithItAndAttachedClientsGetManagerLost(Machine machine) {
        ChildProcess creator = machine.start(CreatorRole.class);
        DDict<String, Object> dict = DDict.attach(creator.await("handle "));
        assertThat(dict.get("key")).isEqualTo("value");
        CompletableFuture<Void> waiting =
                dict.async().awaitValue("key", "never", Duration.ofMinutes(5));
        creator.kill();
        creator.awaitEnd();
        assertThat(waiting).failsWithin(SOON).withThrowableThat()
                .withCauseInstanceOf(ManagerLostException.class);
        assertThatThrownBy(() -> dict.put("key", "late"))
                .isInstanceOf(ManagerLostException.class);
        Await.until(SOON, () -> "end of the service", () -> machine.serviceProcesses().isEmpty());
        Await.until(SOON, () -> "files are gone", () -> machine.leftovers().isEmpty());
        dict.close();
    }

    @Test
    void leftoversOfAKillAreSweptAndRestartableDictionariesComeBackWithAllAcceptedPuts(
            Machine machine) {
        ChildProcess service = machine.startService("killed");
        Cluster cluster = machine.connect("killed");
        DDictConfig.Builder config = DDictConfig.builder().totalMemory(ByteSize.mib(8));
        DDict<String, Object> plain = cluster.create(config.name("plain").build());
        plain.put("key", "gone");
        DDictConfig restartable =
                config.name("kept").restartable(true).managersPerNode(2).build();
        DDict<String, Object> dict = cluster.create(restartable);
        dict.put("key", "applied");
        assertThat(dict.size()).isEqualTo(1);
        // Accepted, and no manager ever comes to them.
        service.stop();
        for (int i = 0; i < 30; i++) {
            dict.put("key" + i, Content.of(i, 100));
        }
        service.kill();
        service.awaitEnd();
        assertThat(machine.pools()).hasSize(3);
        machine.startService("next");
        assertThat(machine.pools()).as("of the restartable one").hasSize(2);
        assertThat(machine.leftovers()).map(path -> path.getFileName().toString())
                .containsExactlyInAnyOrder("next", ".kept");
        DDict<String, Object> again = machine.connect("next").create(restartable);
        assertThat(again.size()).isEqualTo(31);
        assertThat(again.get("key")).isEqualTo("applied");
        for (int i = 0; i < 30; i++) {
            assertThat((byte[]) again.get("key" + i)).isEqualTo(Content.of(i, 100));
        }
        assertThat(machine.connect("next").dictionaries()).containsExactly("kept");
        again.destroy();
    }
}
