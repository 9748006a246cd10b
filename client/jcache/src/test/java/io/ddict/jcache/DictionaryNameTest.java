package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDictConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class DictionaryNameTest {
    private static final List<String> CACHES = List.of("people", "people.", "a b", "a_b", "a/b",
            "a:b", "", "x".repeat(50), "x".repeat(51), "x".repeat(52), "\u4e2d\u6587",
            "\u4e2d\u6588", "-a_b-1");

    @Test
    void letsAPlainNameStand() {
        assertThat(DictionaryName.shared("people")).isEqualTo("jcache.people");
    }

    @Test
    void isAllowedAndDifferentForDifferentCaches() {
        assertThat(CACHES.stream().map(DictionaryName::shared).distinct()).hasSameSizeAs(CACHES);
        for (String cache : CACHES) {
            DDictConfig.builder().name(DictionaryName.shared(cache)).build();
            DDictConfig.builder().name(DictionaryName.unshared(cache)).build();
            assertThat(DictionaryName.shared(cache)).isEqualTo(DictionaryName.shared(cache));
        }
    }

    @Test
    void isNeverTheSameTwiceWhereItIsNotShared() {
        assertThat(DictionaryName.unshared("people"))
                .isNotEqualTo(DictionaryName.unshared("people"));
    }
}
