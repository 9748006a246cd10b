package io.ddict.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NodeAddressTest {
    @Test
    void readsWhatItWrites() {
        for (String text : new String[]{"node7:9400", "10.0.0.1:0", "[::1]:65535"}) {
            assertThat(NodeAddress.parse(text)).hasToString(text);
        }
        assertThat(NodeAddress.parse("[fe80::1]:1").host()).isEqualTo("fe80::1");
    }

    @Test
    void takesADefaultForAMissingPortOnly() {
        assertThat(NodeAddress.parse("node7", 5)).hasToString("node7:5");
        assertThat(NodeAddress.parse("[::1]", 5)).hasToString("[::1]:5");
        assertThat(NodeAddress.parse("node7:6", 5)).hasToString("node7:6");
        assertThatThrownBy(() -> NodeAddress.parse("node7"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not an address: text=node7; host:port is expected");
    }

    @Test
    void refusesWhatIsNoAddress() {
        for (String text : new String[]{"", ":1", "a:", "a:b", "a:65536", "a:-1", "a b:1", "[::1]",
            "a/b:1", "[::1:1"}) {
            assertThatThrownBy(() -> NodeAddress.parse(text)).as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
