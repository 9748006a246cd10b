package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that are longer than what is posted inline. */
@Timeout(60)
class LongKeysIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    @ParameterizedTest
    @ValueSource(ints = {4_000, 4_060, 4_090, 4_096, 4_600, 5_000, 20_000, 65_535})
    void areCounters(int length) {
        DDict<String, Long> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)));
        String key = "k".repeat(length);
        assertThat(dict.getAndAdd(key, 5)).isZero();
        assertThat(dict.getAndAdd(key, 3)).isEqualTo(5);
        assertThat(dict.get(key)).isEqualTo(8);
        assertThat(dict.remove(key)).isEqualTo(8);
        assertThat(dict.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {4_000, 4_060, 4_090, 4_096, 4_600, 5_000, 20_000, 65_535})
    void areMarkedAsRemoved(int length) {
        DDict<String, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)).workingSetSize(3));
        String key = "k".repeat(length);
        dict.put(key, new byte[100]);
        dict.checkpoint();
        assertThat(dict.remove(key)).hasSize(100);
        assertThat(dict.containsKey(key)).isFalse();
        dict.rollback();
        assertThat(dict.get(key)).hasSize(100);
    }

    @Test
    void areClearedAtACheckpoint() {
        DDict<String, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)).workingSetSize(3));
        for (int length = 100; length < 65_000; length += 5_000) {
            dict.put("k".repeat(length), new byte[100]);
        }
        dict.checkpoint();
        dict.clear();
        assertThat(dict.isEmpty()).isTrue();
        dict.rollback();
        assertThat(dict.size()).isEqualTo(13);
        assertThat(dict.values()).allMatch(value -> value.length == 100);
    }

    @Test
    void areRefusedAsCountersAndMarksWhereThereIsNoRoom() {
        DDict<String, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).workingSetSize(2));
        String key = "k".repeat(60_000);
        dict.put(key, "value");
        dict.checkpoint();
        dict.put("newest", "value");
        int count = 0;
        for (int refusals = 0; refusals < 20; count++) {
            try {
                dict.put("filler" + count, new byte[30_000]);
            } catch (DDictFullException e) {
                refusals++;
            }
        }
        assertThatThrownBy(() -> dict.getAndAdd("n".repeat(60_000), 1))
                .isInstanceOf(DDictFullException.class);
        assertThatThrownBy(() -> dict.remove(key)).isInstanceOf(DDictFullException.class);
        assertThatThrownBy(dict::clear).isInstanceOf(DDictFullException.class);
        assertThat(dict.get(key)).isEqualTo("value");
        for (int i = 0; i < 10; i++) {
            dict.remove("filler" + i);
        }
        assertThat(dict.getAndAdd("n".repeat(60_000), 1)).isZero();
        assertThat(dict.remove(key)).isEqualTo("value");
        assertThat(dict.get(key)).isNull();
    }

    @Test
    void areBroadcast() {
        DDict<String, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(3).totalMemory(ByteSize.mib(48)));
        for (int length : new int[]{4_000, 4_039, 4_040, 4_041, 4_072, 4_096, 20_000, 65_535}) {
            String key = "k".repeat(length);
            dict.broadcastPut(key, Content.of(length, 100_000));
            for (int manager = 0; manager < 3; manager++) {
                assertThat(dict.manager(manager).get(key)).isEqualTo(Content.of(length, 100_000));
                dict.manager(manager).remove(key);
            }
        }
    }
}
