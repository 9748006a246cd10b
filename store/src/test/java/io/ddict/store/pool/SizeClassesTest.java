package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizeClassesTest {
    @Test
    void mapsEveryLengthToTheSmallestClassThatFits() {
        int longest = SizeClasses.length(SizeClasses.COUNT - 1);
        for (int length = 1; length <= longest; length++) {
            int sizeClass = SizeClasses.ofLength(length);
            assertThat(SizeClasses.length(sizeClass)).isGreaterThanOrEqualTo(length);
            assertThat(sizeClass == 0 || SizeClasses.length(sizeClass - 1) < length)
                    .as("no smaller class fits %d bytes", length)
                    .isTrue();
        }
    }

    @Test
    void growsInMultiplesOfSixteenBytes() {
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            assertThat(SizeClasses.length(sizeClass) % 16).isZero();
            assertThat(SizeClasses.length(sizeClass))
                    .isGreaterThan(sizeClass == 0 ? 0 : SizeClasses.length(sizeClass - 1));
        }
    }

    @Test
    void wastesAtMostSixteenBytesOrAnEighth() {
        for (int length = 1; length <= SizeClasses.length(SizeClasses.COUNT - 1); length++) {
            int waste = SizeClasses.length(SizeClasses.ofLength(length)) - length;
            assertThat(waste).isLessThanOrEqualTo(Math.max(15, length / 8));
        }
    }

    @Test
    void hasAClassForEverySmallRecord() {
        int longest = SizeClasses.length(SizeClasses.COUNT - 1);
        for (int keyLength = 0; keyLength <= PoolGeometry.INLINE_LENGTH_MAX; keyLength++) {
            long valueLength = (long) PoolGeometry.INLINE_LENGTH_MAX - keyLength;
            assertThat(SizeClasses.isSmall(keyLength, valueLength)).isTrue();
            assertThat(SizeClasses.isSmall(keyLength, valueLength + 1)).isFalse();
            assertThat(RecordLayout.length(keyLength, valueLength)).isLessThanOrEqualTo(longest);
        }
    }

    @Test
    void takesALongValueForNoSmallRecord() {
        assertThat(SizeClasses.isSmall(PoolGeometry.KEY_LENGTH_MAX, 0)).isFalse();
        assertThat(SizeClasses.isSmall(1, 1L << 40)).isFalse();
    }
}
