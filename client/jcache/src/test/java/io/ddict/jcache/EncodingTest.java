package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.codec.Codecs;
import java.io.Serializable;
import java.time.Year;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EncodingTest {
    private final Encoding encoding =
            new Encoding(null, EncodingTest.class.getClassLoader());

    record Name(String first, String last) implements Serializable {}

    record Numbers(Long one, Long other) implements Serializable {}

    record Holder(Map<?, ?> map) implements Serializable {}

    enum Colour {
        RED, GREEN
    }

    /** Not serializable. */
    record Secret(int number) {}

    static List<Object> keys() {
        return List.of("text", 7, 7L, 2.5, 'c', true, Colour.GREEN, new Name("Ada", "Lovelace"),
                Year.of(1), List.of("a", 1), new Numbers(1L, 1_000_000L));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void givesEqualKeysEqualBytes(Object key) {
        byte[] bytes = encoding.encodeKey(key);
        Object again = encoding.decodeKey(bytes);
        assertThat(again).isEqualTo(key);
        assertThat(encoding.encodeKey(again)).isEqualTo(bytes);
    }

    @Test
    void tellsKeysOfDifferentTypesApart() {
        assertThat(keys().stream().map(encoding::encodeKey).map(Arrays::toString).distinct())
                .hasSameSizeAs(keys());
        assertThat(encoding.encodeKey(7)).isNotEqualTo(encoding.encodeKey(7L));
    }

    // Java serialization would write the second of two strings that are one as a reference.
    @Test
    void givesEqualKeysEqualBytesWhateverTheyShare() {
        String ada = "Ada";
        assertThat(encoding.encodeKey(new Name(ada, ada)))
                .isEqualTo(encoding.encodeKey(new Name(ada, copy(ada))));
        Long number = 1_000_000L;
        assertThat(encoding.encodeKey(new Numbers(number, number)))
                .isEqualTo(encoding.encodeKey(new Numbers(number, Long.valueOf(1_000_000L))));
    }

    private static String copy(String text) {
        return String.copyValueOf(text.toCharArray());
    }

    @Test
    void refusesKeysThatHoldWhatHasNoOrder() {
        assertThatThrownBy(() -> encoding.encodeKey(new Holder(new HashMap<>(Map.of(1, 2)))))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("java.util.HashMap, which has no order");
        Holder ordered = new Holder(new TreeMap<>(Map.of(1, 2, 3, 4)));
        assertThat(encoding.decodeKey(encoding.encodeKey(ordered))).isEqualTo(ordered);
        Holder ofEnum = new Holder(new EnumMap<>(Map.of(Colour.RED, 1)));
        assertThat(encoding.decodeKey(encoding.encodeKey(ofEnum))).isEqualTo(ofEnum);
    }

    @Test
    void refusesWhatIsNotSerializable() {
        assertThatThrownBy(() -> encoding.encodeKey(new Secret(1)))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("cannot be serialized");
        assertThatThrownBy(() -> encoding.encode(new Secret(1)))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("Secret");
        assertThatThrownBy(() -> encoding.encode(List.of(new Secret(1))))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("Secret");
    }

    @Test
    void refusesKeysThatAreTooLong() {
        assertThatThrownBy(() -> encoding.encodeKey("x".repeat(70_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key too long");
        assertThat(encoding.decodeKey(encoding.encodeKey("short"))).isEqualTo("short");
    }

    @Test
    void bringsValuesBack() {
        List<Object> values = new ArrayList<>(keys());
        values.add(new HashMap<>(Map.of("a", Year.of(2))));
        values.add(new ArrayList<>(List.of(new Name("a", "b"))));
        values.add(new long[]{1, 2});
        for (Object value : values) {
            StoredValue stored = encoding.encode(value);
            assertThat(stored.expiryMs()).isEqualTo(StoredValue.EXPIRES_NEVER);
            assertThat(encoding.decode(stored.expiringAt(5))).isEqualTo(value);
        }
    }

    @Test
    void goesByTheCodecsOfTheUser() {
        Encoding own = new Encoding(Codecs.builder().register(Secret.class).build(),
                EncodingTest.class.getClassLoader());
        assertThat(own.decode(own.encode(new Secret(3)))).isEqualTo(new Secret(3));
        assertThat(own.decodeKey(own.encodeKey(new Secret(3)))).isEqualTo(new Secret(3));
        assertThatThrownBy(() -> encoding.decode(own.encode(new Secret(3))))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("other codecs");
    }
}
