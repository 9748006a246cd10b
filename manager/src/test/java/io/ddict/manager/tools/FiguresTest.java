package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1, 1 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "1536, 1.5 KiB",
        "213256113, 203.4 MiB",
        "9223372036854775807, 8388608.0 TiB"})
    void givesBytesInTheLargestUnit(long bytes, String text) {
        assertThat(Figures.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"0;0", "999;999", "1234567;1,234,567"})
    void setsThousandsApart(long count, String text) {
        assertThat(Figures.count(count)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0,0 ns", "999,999 ns", "1000,1.0 us", "999900,999.9 us",
        "8589934591,8589.9 ms"})
    void showsTimesInTheUnitThatSuitsThem(long ns, String text) {
        assertThat(Figures.time(ns)).isEqualTo(text);
    }
}
