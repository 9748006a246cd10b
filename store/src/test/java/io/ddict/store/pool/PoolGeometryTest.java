package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PoolGeometryTest {
    @Test
    void splitsAllOfTheMemory() {
        for (long memory = PoolGeometry.MEMORY_LENGTH_MIN; memory <= 1L << 42; memory *= 2) {
            int keysMax = PoolGeometry.entriesMaxDefault(memory);
            PoolGeometry geometry = PoolGeometry.of(memory, keysMax, keys -> 48L * keys, 1);
            long files = 48L * geometry.tableKeysMax();
            for (PoolFile file : PoolFile.values()) {
                files += file == PoolFile.LINK || file == PoolFile.LANE ? 0
                        : geometry.fileLength(file);
            }
            assertThat(files).isBetween(memory - PoolGeometry.PAGE_LENGTH, memory);
            assertThat(geometry.dataLength() % PoolGeometry.PAGE_LENGTH).isZero();
            assertThat(geometry.keysMax()).isEqualTo(keysMax);
            assertThat(Integer.bitCount(geometry.ringSlots())).isEqualTo(1);
            assertThat(Integer.bitCount(geometry.markCount())).isEqualTo(1);
            assertThat(Integer.bitCount(geometry.stagingLength())).isEqualTo(1);
            assertThat((long) geometry.hintSets() * 6)
                    .isGreaterThanOrEqualTo(geometry.entriesMax());
        }
    }

    @Test
    void refusesLessThanTheLeastMemory() {
        assertThatThrownBy(
                () -> PoolGeometry.of(PoolGeometry.MEMORY_LENGTH_MIN - 1, 10, keys -> 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("memoryLength=4194303B, memoryLengthMin=4194304B");
    }

    @Test
    void refusesMoreEntriesThanLeaveAQuarterForData() {
        assertThatThrownBy(() -> PoolGeometry.of(4 << 20, 100_000, keys -> 32L * keys, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too many entries for the memory of a manager")
                .hasMessageContaining("memoryLength=4194304B");
    }

    @Test
    void refusesKeyCountsThatNoOrdinalCanNumber() {
        for (int keysMax : new int[]{0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE,
            Integer.MAX_VALUE - 100}) {
            assertThatThrownBy(() -> PoolGeometry.of(1L << 42, keysMax, keys -> 1, 1))
                    .as("keysMax=%d", keysMax)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("keysMax=" + keysMax);
        }
    }
}
