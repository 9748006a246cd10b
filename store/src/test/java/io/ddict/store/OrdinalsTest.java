package io.ddict.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OrdinalsTest {
    @Test
    void handsOutEachOrdinalOnce() {
        Ordinals ordinals = new Ordinals(5);
        for (int expected = 1; expected <= 5; expected++) {
            assertThat(ordinals.allocate()).isEqualTo(expected);
            assertThat(ordinals.remaining()).isEqualTo(5 - expected);
        }
        assertThat(ordinals.allocate()).isZero();
        assertThat(ordinals.end()).isEqualTo(6);
    }

    @Test
    void handsOutReturnedOrdinalsFirst() {
        Ordinals ordinals = new Ordinals(10);
        ordinals.allocate();
        ordinals.allocate();
        ordinals.allocate();
        ordinals.free(2);
        assertThat(ordinals.remaining()).isEqualTo(8);
        assertThat(ordinals.allocate()).isEqualTo(2);
        assertThat(ordinals.allocate()).isEqualTo(4);
    }

    @Test
    void keepsCountUnderRandomCalls() {
        Random random = TestRandom.random();
        int max = 5000;
        Ordinals ordinals = new Ordinals(max);
        BitSet used = new BitSet();
        for (int i = 0; i < 100_000; i++) {
            if (random.nextInt(100) < ((i / 20_000) % 2 == 0 ? 70 : 30)) {
                int ordinal = ordinals.allocate();
                assertThat(ordinal == 0).isEqualTo(used.cardinality() == max);
                assertThat(used.get(ordinal)).isFalse();
                if (ordinal != 0) {
                    used.set(ordinal);
                    assertThat(ordinal).isLessThan(ordinals.end());
                }
            } else if (!used.isEmpty()) {
                int ordinal = used.nextSetBit(0);
                used.clear(ordinal);
                ordinals.free(ordinal);
            }
            assertThat(ordinals.remaining()).isEqualTo(max - used.cardinality());
        }
    }

    @Test
    void goesOnBehindTheOrdinalsOfAnEarlierOwner() {
        Ordinals ordinals = new Ordinals(10);
        ordinals.startAt(8);
        ordinals.free(3);
        assertThat(ordinals.remaining()).isEqualTo(4);
        assertThat(ordinals.allocate()).isEqualTo(3);
        assertThat(ordinals.allocate()).isEqualTo(8);
    }

    @Test
    void stopsAtALimitLoweredLater() {
        Ordinals ordinals = new Ordinals(10);
        ordinals.allocate();
        ordinals.lowerMax(2);
        ordinals.lowerMax(9);
        assertThat(ordinals.remaining()).isEqualTo(1);
        assertThat(ordinals.allocate()).isEqualTo(2);
        assertThat(ordinals.allocate()).isZero();
        ordinals.free(1);
        assertThat(ordinals.allocate()).isEqualTo(1);
    }
}
