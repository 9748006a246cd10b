package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/*
 * At each checkpoint n a writer puts n under every key, but for those that it removes there. So whoever
 * reads at a checkpoint that is complete must find exactly that, or be told that it is retired, whatever
 * the writer does meanwhile.
 */

/** Readers at older checkpoints beside a writer that goes on without end. */
@Timeout(120)
class CheckpointStormIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final int KEYS = 150;
    private static final int CHECKPOINTS = 1_500;
    private static final int READERS = 3;

    @Test
    void showsEachCheckpointAsItWasOrSaysThatItIsRetired() {
        DDict<String, byte[]> dict = SERVICE.create(DDictConfig.builder()
                .workingSetSize(4)
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(32)));
        AtomicLong complete = new AtomicLong(-1);
        AtomicLong reads = new AtomicLong();
        Threads.run(READERS + 1, thread -> {
            if (thread == 0) {
                write(dict, complete);
            } else {
                read(dict.name(), complete, reads, new SplittableRandom(thread));
            }
        });
        assertThat(reads.get()).isGreaterThan(1_000);
        dict.checkpointId(CHECKPOINTS - 1);
        assertThat(dict.size()).isEqualTo(expectedKeys(CHECKPOINTS - 1).size());
    }

    private static void write(DDict<String, byte[]> dict, AtomicLong complete) {
        for (long at = 0; at < CHECKPOINTS; at++) {
            for (int key = 0; key < KEYS; key++) {
                if (isRemoved(key, at)) {
                    dict.remove("key-" + key);
                } else {
                    dict.put("key-" + key, Content.sealed(at, length(key)));
                }
            }
            // All of it is applied, at all managers.
            assertThat(dict.size()).isEqualTo(expectedKeys(at).size());
            complete.set(at);
            dict.checkpoint();
        }
    }

    private static void read(
            String name, AtomicLong complete, AtomicLong reads, SplittableRandom random) {
        try (DDict<String, byte[]> dict =
                SERVICE.cluster().attach(name, AttachOptions.DEFAULTS)) {
            while (complete.get() < CHECKPOINTS - 1) {
                long at = complete.get() - random.nextInt(5);
                if (at >= 0) {
                    dict.checkpointId(at);
                    readAt(dict, at, random.nextInt(KEYS), random.nextInt(10));
                    reads.incrementAndGet();
                }
            }
        }
    }

    private static void readAt(DDict<String, byte[]> dict, long at, int key, int dice) {
        try {
            if (dice == 0) {
                Set<String> keys = new HashSet<>();
                dict.keys().forEach(each -> assertThat(keys.add(each)).as("twice").isTrue());
                assertThat(keys).isEqualTo(expectedKeys(at));
            } else {
                byte[] value = dict.get("key-" + key);
                byte[] expected = isRemoved(key, at) ? null : Content.sealed(at, length(key));
                assertThat(value).as("key %s at %s", key, at).isEqualTo(expected);
            }
        } catch (CheckpointRetiredException e) {
            assertThat(e).hasMessageContaining("checkpoint=" + at + ", ");
        }
    }

    private static Set<String> expectedKeys(long at) {
        return IntStream.range(0, KEYS)
                .filter(key -> !isRemoved(key, at))
                .mapToObj(key -> "key-" + key)
                .collect(Collectors.toSet());
    }

    private static boolean isRemoved(int key, long at) {
        return (key + at) % 7 == 0;
    }

    // One in ten has a block of its own.
    private static int length(int key) {
        return key % 10 == 0 ? 6_000 : 20 + key;
    }
}
