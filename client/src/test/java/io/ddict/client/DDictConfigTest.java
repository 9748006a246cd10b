package io.ddict.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DDictConfigTest {
    @Test
    void takesForAThresholdWhatIsAboveZeroAndAtMostOne() {
        for (double share : new double[]{Double.MIN_VALUE, 0.5, 1}) {
            assertThat(DDictConfig.builder().fullThreshold(share).build().fullThreshold())
                    .isEqualTo(share);
        }
        for (double share : new double[]{0, -0.1, 1.01, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(DDictConfig.builder().fullThreshold(share)::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("fullThreshold=" + share);
        }
    }

    @Test
    void takesForAQuotaWhatIsAboveZero() {
        assertThat(DDictConfig.builder().build().clientQuota()).isNull();
        assertThat(DDictConfig.builder().clientQuota(ByteSize.bytes(1)).build().clientQuota())
                .isEqualTo(ByteSize.bytes(1));
        assertThatThrownBy(DDictConfig.builder().clientQuota(ByteSize.bytes(0))::build)
                .hasMessageContaining("clientQuota is not positive: clientQuota=0 B");
    }

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
