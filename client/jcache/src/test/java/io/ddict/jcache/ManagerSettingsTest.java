package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.codec.Codecs;
import java.net.URI;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManagerSettingsTest {
    private static ManagerSettings of(String uri) {
        return ManagerSettings.of(URI.create(uri), new Properties());
    }

    @Test
    void areEmbeddedByDefault() {
        ManagerSettings settings = ManagerSettings
                .of(new DDictCachingProvider().getDefaultURI(), new Properties());
        assertThat(settings.isEmbedded()).isTrue();
        assertThat(settings.totalMemory()).isEqualTo(ManagerSettings.TOTAL_MEMORY_DEFAULT);
        assertThat(settings.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.codecs()).isNull();
    }

    @Test
    void comeFromTheUri() {
        ManagerSettings settings =
                of("ddict:main?totalMemory=1GiB&managersPerNode=4&timeout=500ms");
        assertThat(settings.cluster()).isEqualTo("main");
        assertThat(settings.isEmbedded()).isFalse();
        assertThat(settings.totalMemory()).isEqualTo(ByteSize.gib(1));
        assertThat(settings.managersPerNode()).isEqualTo(4);
        assertThat(settings.timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(of("ddict:main?timeout=2s").timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(of("ddict:main?timeout=PT3M").timeout()).isEqualTo(Duration.ofMinutes(3));
    }

    @Test
    void comeFromPropertiesFirst() {
        Properties properties = new Properties();
        properties.setProperty("ddict.totalMemory", "2GiB");
        properties.setProperty("totalMemory", "of somebody else");
        Codecs codecs = Codecs.builder().register(ManagerSettings.class).build();
        properties.put("ddict.codecs", codecs);
        ManagerSettings settings =
                ManagerSettings.of(URI.create("ddict:main?totalMemory=1GiB"), properties);
        assertThat(settings.totalMemory()).isEqualTo(ByteSize.gib(2));
        assertThat(settings.codecs()).isSameAs(codecs);
    }

    @ParameterizedTest
    @CsvSource({
        "http://example.org, not a URI of caches",
        "ddict:///main, not a URI of caches",
        "ddict:main?memory=1GiB, URI has an unknown setting: setting=memory",
        "ddict:main?totalMemory=much, not a size: text=much",
        "ddict:main?managersPerNode=two, not a number: managersPerNode=two",
        "ddict:main?timeout=soon, not a duration: timeout=soon",
        "ddict:main?timeout=soonms, not a duration: timeout=soonms",
    })
    void areRefusedWhenMalformed(String uri, String text) {
        assertThatThrownBy(() -> of(uri)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }
}
