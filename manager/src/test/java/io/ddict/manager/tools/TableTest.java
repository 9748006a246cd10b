package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void alignsNamesLeftAndFiguresRight() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        new Table("name", "count").row("a", 1).row("longer", 1_000_000)
                .print(new PrintStream(bytes, true, UTF_8));

        assertThat(bytes.toString(UTF_8).lines()).containsExactly(
                "name      count",
                "a             1",
                "longer  1000000");
    }

    @Test
    void refusesARowThatDoesNotFit() {
        assertThatThrownBy(() -> new Table("one").row(1, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cells=2, columns=1");
    }
}
