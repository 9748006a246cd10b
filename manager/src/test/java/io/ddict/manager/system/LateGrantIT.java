package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictStats;
import io.ddict.client.DDictTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A block that a manager grants after its client gave up comes back, and fails no other call. */
@ExtendWith(MachineExtension.class)
class LateGrantIT {
    private static final int ROUNDS = 15;

    @Test
    void failsNoOtherCallAndComesBackWithTheHandle(Machine machine) {
        DDict<String, Object> dict =
                machine.create(DDictConfig.builder().totalMemory(ByteSize.mib(64)));
        Await.until(Duration.ofSeconds(20), () -> "all memory reserved: " + dict.stats(),
                () -> manager(dict).freeBytes() == manager(dict).memoryLength() - 4096);
        long free = manager(dict).freeBytes();
        DDict<String, Object> hasty = dict.withTimeout(Duration.ofMillis(20));
        AtomicBoolean ended = new AtomicBoolean();
        Threads threads = new Threads();
        threads.start(2, thread -> {
            while (!ended.get()) {
                dict.put("busy" + thread, new byte[2_000]);
            }
        });
        threads.start(1, thread -> {
            while (!ended.get()) {
                dict.getAndAdd("counter", 1);
            }
        });
        for (int round = 0; round < ROUNDS; round++) {
            // Of another length each time, so that no block on offer fits.
            byte[] value = new byte[100_000 * (round + 1)];
            machine.service().stop();
            assertThatThrownBy(() -> hasty.put("large", value))
                    .isInstanceOf(DDictTimeoutException.class);
            machine.service().resume();
            dict.getAndAdd("other", 1);
        }
        ended.set(true);
        threads.await(Duration.ofSeconds(20));
        assertThat(dict.get("large")).isNull();
        DDict<String, Object> observer = DDict.attach(dict.serialize());
        observer.clear();
        dict.close();
        Await.until(Duration.ofSeconds(10),
                () -> "all memory came back: at first " + free + ": " + observer.stats(),
                () -> manager(observer).freeBytes() == free);
    }

    @Test
    void isNoReasonToRefuseTheNextLargeValue(Machine machine) {
        try (DDict<String, byte[]> dict =
                machine.create(DDictConfig.builder().totalMemory(ByteSize.mib(48)))) {
            Await.until(Duration.ofSeconds(20), () -> "all memory reserved: " + dict.stats(),
                    () -> manager(dict).freeBytes() == manager(dict).memoryLength() - 4096);
            DDict<String, byte[]> hasty = dict.withTimeout(Duration.ofMillis(20));
            // Two of it do not fit.
            byte[] value = new byte[24 << 20];
            machine.service().stop();
            assertThatThrownBy(() -> hasty.put("large", value))
                    .isInstanceOf(DDictTimeoutException.class);
            machine.service().resume();
            dict.put("large", value);
            assertThat(dict.get("large")).hasSize(value.length);
        }
    }

    private static DDictStats.Manager manager(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst();
    }
}
