package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatioTableTest {
    private static final Ratio LMDB = ratio(8, "lmdb", false, 1_000_000);
    private static final Ratio CHRONICLE = ratio(8, "chronicle", false, 2_000_000);
    private static final Ratio COPY = ratio(8, "copy", true, 30_000_000);
    private static final Ratio CHRONICLE_LONG = ratio(1024, "chronicle", false, 10_000);

    private static Ratio ratio(int valueLength, String peer, boolean isLimit, double theirs) {
        return new Ratio("overwrite", 1, valueLength, peer, isLimit, 3_000_000, theirs, 100);
    }

    @Test
    void hasARowForEachCellAndPutsTheBestPeerFirstAndLimitsLast() {
        RatioTable table = new RatioTable(List.of(COPY, LMDB, CHRONICLE, CHRONICLE_LONG));

        assertThat(table.markdown()).containsExactly(
                "| operation | P | value | ours, op/s | best | lmdb | chronicle | copy |",
                "|---|---|---|---|---|---|---|---|",
                "| overwrite | 1 | 8 B | 3.00 M | 1.50 chronicle | 3.00 | 1.50 | 0.10 |",
                "| overwrite | 1 | 1 KiB | 3.00 M | 300 chronicle | - | 300 | - |");
        assertThat(table.text().lines().skip(2))
                .containsExactly(
                        "overwrite  1    8 B      3.00 M  1.50 chronicle  3.00       1.50  0.10",
                        "overwrite  1  1 KiB      3.00 M   300 chronicle     -        300     -");
    }

    @Test
    void isEmptyWithoutAnybodyToCompareWith() {
        assertThat(new RatioTable(List.of()).text()).isEmpty();
    }
}
