package io.ddict.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeysTest {
    @Test
    void tellsTheNumberOfAKeyItMade() {
        Keys keys = new Keys();

        for (long index : new long[]{0, 1, 15, 16, 999_999, 1L << 33, Long.MAX_VALUE, -1}) {
            assertThat(Keys.index(keys.of(index))).isEqualTo(index);
        }
    }

    @Test
    void makesPrintableKeysOfTheSameLengthInEveryProcess() {
        byte[] key = new Keys().of(123_456_789);

        assertThat(key).hasSize(Keys.LENGTH).isEqualTo(new Keys().of(123_456_789));
        for (byte character : key) {
            assertThat((char) character).isBetween('A', 'z');
        }
    }
}
