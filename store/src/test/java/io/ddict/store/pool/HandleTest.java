package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandleTest {
    @Test
    void keepsOffsetAndSizeClassOfASmallRecord() {
        long[] offsets = {16_384, 16_384 + 24, (1L << 43) + 16, (1L << 56) - 16};
        for (long offset : offsets) {
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                long handle = Handle.small(offset, sizeClass);
                assertThat(Handle.isBlock(handle)).isFalse();
                assertThat(Handle.offset(handle)).isEqualTo(offset);
                assertThat(Handle.sizeClass(handle)).isEqualTo(sizeClass);
            }
        }
    }

    @Test
    void keepsThePageOfABlock() {
        for (int page : new int[]{1, 4095, 1 << 20, Integer.MAX_VALUE}) {
            long handle = Handle.block(page);
            assertThat(Handle.isBlock(handle)).isTrue();
            assertThat(Handle.page(handle)).isEqualTo(page);
            assertThat(Handle.offset(handle)).isEqualTo(page * 4096L);
        }
    }

    @Test
    void keepsPageAndPagesOfAGrant() {
        for (int page : new int[]{1, 4095, 1 << 20, Integer.MAX_VALUE}) {
            for (int pages : new int[]{1, 2, 256, (1 << 24) - 1}) {
                long grant = LinkLayout.grant(page, pages);
                assertThat(LinkLayout.grantPage(grant)).isEqualTo(page);
                assertThat(LinkLayout.grantPages(grant)).isEqualTo(pages);
            }
        }
    }
}
