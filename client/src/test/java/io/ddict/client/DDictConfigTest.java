package io.ddict.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DDictConfigTest {
    @Test
    void leavesItsBuilderAsItIs() {
        DDictConfig.Builder builder =
                DDictConfig.builder().name("kept").durability(Durability.CHECKPOINT);
        assertThat(builder.build().persister()).isEqualTo("posix");
        assertThat(builder.build().persistFrequency()).isEqualTo(1);
        DDictConfig plain = builder.durability(Durability.NONE).build();
        assertThat(plain.persister()).isEmpty();
        assertThat(plain.persistFrequency()).isZero();
    }
}
