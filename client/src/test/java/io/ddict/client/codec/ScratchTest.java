package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ScratchTest {
    private final Scratch scratch = new Scratch();

    @Test
    void keepsItsContentWhenItGrows() {
        scratch.ensure(3)[2] = 7;

        byte[] grown = scratch.ensure(100_000);

        assertThat(grown).hasSizeGreaterThanOrEqualTo(100_000).isSameAs(scratch.array());
        assertThat(grown[2]).isEqualTo((byte) 7);
        assertThat(scratch.ensure(10)).isSameAs(grown);
    }

    @Test
    void refusesALengthOutsideItsArray() {
        assertThatThrownBy(() -> scratch.length(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> scratch.length(scratch.array().length + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("capacity=");
    }

    @Test
    void givesBackOnlyWhatIsHuge() {
        byte[] usual = scratch.ensure(1 << 20);
        scratch.trim();
        assertThat(scratch.array()).isSameAs(usual);

        scratch.ensure((1 << 20) + 1);
        scratch.trim();
        assertThat(scratch.array()).hasSizeLessThan(1000);
    }
}
