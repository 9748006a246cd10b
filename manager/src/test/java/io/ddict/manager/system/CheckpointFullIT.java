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

/** Memory that is as large as the working set needs, and hardly more. */
@Timeout(120)
class CheckpointFullIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static DDict<String, byte[]> create(long entriesMax) {
        return SERVICE.create(DDictConfig.builder()
                .workingSetSize(2)
                .entriesMax(entriesMax)
                .totalMemory(ByteSize.mib(16)));
    }

    @ParameterizedTest
    @ValueSource(ints = {3_000, 100_000})
    void takesTheMemoryOfCheckpointsThatGoForThoseThatCome(int length) {
        DDict<String, byte[]> other = create(0);
        int keys = keysThatFit(other, length) * 2 / 5;
        DDict<String, byte[]> dict = create(0);
        for (int round = 0; round < 12; round++) {
            for (int key = 0; key < keys; key++) {
                dict.put("key-" + key, Content.of(round, length));
            }
            for (int key = 0; key < keys; key += 7) {
                assertThat(dict.get("key-" + key)).isEqualTo(Content.of(round, length));
            }
            dict.checkpoint();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3_000, 100_000})
    void refusesWithFiguresWhenNothingRetires(int length) {
        DDict<String, byte[]> dict = create(0);
        int keys = keysThatFit(dict, length);
        dict.checkpoint();
        assertThatThrownBy(() -> dict.put("one more", new byte[length]))
                .isInstanceOf(DDictFullException.class)
                .hasMessageContaining("freeBytes=");
        assertThat(dict.size()).isEqualTo(keys);
        assertThatThrownBy(() -> dict.put("key-0", new byte[length]))
                .isInstanceOf(DDictFullException.class);
        assertThat(dict.get("key-0")).isEqualTo(Content.of(0, length));
        dict.rollback();
        // What was put at the oldest checkpoint ends without a mark.
        for (int key = 0; key < keys; key += 2) {
            assertThat(dict.remove("key-" + key)).isNotNull();
        }
        dict.checkpoint();
        dict.put("one more", new byte[length]);
        assertThat(dict.get("one more")).hasSize(length);
    }

    @Test
    void countsVersionsAsKeys() {
        DDict<String, byte[]> dict = create(1_000);
        for (int round = 0; round < 12; round++) {
            for (int key = 0; key < 450; key++) {
                dict.put("key-" + key, Content.of(round, 10));
            }
            dict.checkpoint();
        }
        dict.rollback();
        int others = 0;
        try {
            while (others < 5_000) {
                dict.put("other-" + others, Content.of(others, 10));
                others++;
            }
        } catch (DDictFullException e) {
            assertThat(e).hasMessageContaining("too many keys: entries=");
        }
        // Of the others as many as are left of the limit, and what a full ring and a batch may bring at most.
        assertThat(others).isBetween(90, 100 + 512 + 256 + 256);
        assertThat(dict.get("key-449")).isEqualTo(Content.of(11, 10));
    }

    private static int keysThatFit(DDict<String, byte[]> dict, int length) {
        int count = 0;
        try {
            while (true) {
                dict.put("key-" + count, Content.of(0, length));
                count++;
            }
        } catch (DDictFullException e) {
            return count;
        }
    }
}
