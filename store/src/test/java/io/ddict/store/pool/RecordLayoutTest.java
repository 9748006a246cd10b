package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.TestRandom;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordLayoutTest {
    private static final int LENGTH = 1 << 17;

    private final MemoryRegion data = new MemoryRegion(Arena.ofAuto().allocate(LENGTH, 64));

    @Test
    void readsBackWhatItWrote() {
        RecordLayout.writeHeader(data, 64, 77, 13, 100, 5, (byte) 0x81, (byte) 0xFE);
        assertThat(RecordLayout.version(data, 64)).isEqualTo(77);
        assertThat(RecordLayout.keyLength(data, 64)).isEqualTo(13);
        assertThat(RecordLayout.valueLength(data, 64)).isEqualTo(100);
        assertThat(RecordLayout.ordinal(data, 64)).isEqualTo(5);
        assertThat(RecordLayout.keyTag(data, 64)).isEqualTo((byte) 0x81);
        assertThat(RecordLayout.valueTag(data, 64)).isEqualTo((byte) 0xFE);
        assertThat(RecordLayout.isIntact(data, 64)).isTrue();
    }

    @Test
    void keepsTheLargestFields() {
        int keyLength = PoolGeometry.KEY_LENGTH_MAX;
        RecordLayout.writeHeader(
                data, 0, Long.MAX_VALUE, keyLength, 0, Integer.MAX_VALUE, (byte) -1, (byte) -1);
        assertThat(RecordLayout.version(data, 0)).isEqualTo(Long.MAX_VALUE);
        assertThat(RecordLayout.keyLength(data, 0)).isEqualTo(keyLength);
        assertThat(RecordLayout.valueLength(data, 0)).isZero();
        assertThat(RecordLayout.ordinal(data, 0)).isEqualTo(Integer.MAX_VALUE);
        assertThat(RecordLayout.isIntact(data, 0)).isTrue();
        RecordLayout.writeHeader(data, 0, 1, 1, (1L << 48) - 1, 1, (byte) 0, (byte) 0);
        assertThat(RecordLayout.valueLength(data, 0)).isEqualTo((1L << 48) - 1);
        assertThat(RecordLayout.keyLength(data, 0)).isEqualTo(1);
    }

    @Test
    void putsTheValueAtAMultipleOfEightBehindTheKey() {
        for (int keyLength = 0; keyLength <= 40; keyLength++) {
            long valueOffset = RecordLayout.valueOffset(keyLength);
            assertThat(valueOffset % 8).isZero();
            assertThat(valueOffset - RecordLayout.HEADER_LENGTH - keyLength).isBetween(0L, 7L);
            assertThat(RecordLayout.length(keyLength, 3)).isEqualTo(valueOffset + 3);
        }
    }

    @Test
    void takesNeitherZerosNorADamagedHeaderForARecord() {
        assertThat(RecordLayout.isIntact(data, 0)).isFalse();
        RecordLayout.writeHeader(data, 128, 9, 4, 8, 3, (byte) 1, (byte) 2);
        for (int bit = 0; bit < 8 * RecordLayout.HEADER_LENGTH; bit++) {
            long offset = 128 + bit / 64 * 8L;
            data.putLong(offset, data.getLong(offset) ^ 1L << (bit % 64));
            assertThat(RecordLayout.isIntact(data, 128)).as("bit %d flipped", bit).isFalse();
            data.putLong(offset, data.getLong(offset) ^ 1L << (bit % 64));
        }
        assertThat(RecordLayout.isIntact(data, 128)).isTrue();
    }

    @Test
    void takesNothingForARecordThatEndsOutsideTheFile() {
        int valueLength = 100;
        long length = RecordLayout.length(8, valueLength);
        long last = (LENGTH - length) & ~7L;
        RecordLayout.writeHeader(data, last, 9, 8, valueLength, 3, (byte) 1, (byte) 2);
        assertThat(RecordLayout.isIntact(data, last)).isTrue();
        RecordLayout.writeHeader(data, last, 9, 8, valueLength + 8, 3, (byte) 1, (byte) 2);
        assertThat(RecordLayout.isIntact(data, last)).isFalse();
        assertThat(RecordLayout.isIntact(data, LENGTH - 16)).isFalse();
        assertThat(RecordLayout.isIntact(data, -8)).isFalse();
        assertThat(RecordLayout.isIntact(data, 1L << 60)).isFalse();
    }

    @Test
    void comparesKeysByEveryByte() {
        Random random = TestRandom.random();
        for (int keyLength = 0; keyLength <= 40; keyLength++) {
            byte[] key = new byte[keyLength + 3];
            random.nextBytes(key);
            data.copyFrom(64 + RecordLayout.HEADER_LENGTH, key, 3, keyLength);
            data.copyFrom(4096 + 1, key, 3, keyLength);
            assertThat(RecordLayout.keyEquals(data, 64, key, 3, keyLength)).isTrue();
            assertThat(RecordLayout.keyEquals(data, 64, data, 4096 + 1, keyLength)).isTrue();
            for (int i = 0; i < keyLength; i++) {
                key[3 + i] ^= 0x40;
                assertThat(RecordLayout.keyEquals(data, 64, key, 3, keyLength)).isFalse();
                data.copyFrom(4096 + 1, key, 3, keyLength);
                assertThat(RecordLayout.keyEquals(data, 64, data, 4096 + 1, keyLength)).isFalse();
                key[3 + i] ^= 0x40;
            }
        }
    }
}
