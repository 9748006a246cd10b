package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValueTextTest {
    @Test
    void showsBytesAsTextIfTheyAre() {
        assertThat(ValueText.of("gr\u00fcn\n".getBytes(UTF_8))).isEqualTo("gr\u00fcn\n");
        assertThat(ValueText.of(new byte[]{0, (byte) 0xff})).isEqualTo("0x00ff");
        assertThat(ValueText.of(new byte[]{(byte) 0xc3})).isEqualTo("0xc3");
        assertThat(ValueText.of(ByteBuffer.wrap(new byte[]{'o', 'k'}))).isEqualTo("ok");
        assertThat(ValueText.of(MemorySegment.ofArray(new byte[]{'o', 'k'}))).isEqualTo("ok");
    }

    @Test
    void showsTheElementsOfArrays() {
        assertThat(ValueText.of(new int[]{1, 2})).isEqualTo("[1, 2]");
        assertThat(ValueText.of(new double[]{0.5})).isEqualTo("[0.5]");
        assertThat(ValueText.of(new boolean[]{true})).isEqualTo("[true]");
        assertThat(ValueText.of(new Object[]{"a", new int[]{1}})).isEqualTo("[a, [1]]");
    }

    @Test
    void showsOtherTypesByTheirText() {
        assertThat(ValueText.of(42L)).isEqualTo("42");
        assertThat(ValueText.of(List.of("a", 1))).isEqualTo("[a, 1]");
    }

    @Test
    void keepsALineALine() {
        assertThat(ValueText.line("a\tb\nc\\d\r", 100)).isEqualTo("a\\tb\\nc\\\\d\\r");
        assertThat(ValueText.line("abcdef", 3)).isEqualTo("abc...");
        assertThat(ValueText.line("abc", 3)).isEqualTo("abc");
        assertThat(ValueText.line("caf\u00e9s".getBytes(UTF_8), 3)).isEqualTo("caf...");
        assertThat(ValueText.line(new byte[100], 4)).isEqualTo("0x00...");
    }

    @Test
    void givesBytesAsTheyAreAndTextInUtf8() {
        assertThat(ValueText.raw(new byte[]{0, 1})).containsExactly(0, 1);
        assertThat(ValueText.raw("\u00fc")).isEqualTo("\u00fc".getBytes(UTF_8));
        assertThat(ValueText.raw(7)).containsExactly('7');
    }

    @Test
    void namesTypesAsProgramsDo() {
        assertThat(ValueText.typeName(new byte[0])).isEqualTo("byte[]");
        assertThat(ValueText.typeName("")).isEqualTo("java.lang.String");
        assertThat(ValueText.typeName(ByteBuffer.allocate(1))).isEqualTo("java.nio.ByteBuffer");
        assertThat(ValueText.typeName(MemorySegment.NULL))
                .isEqualTo("java.lang.foreign.MemorySegment");
    }
}
