package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PostingMarksTest {
    private static final int COUNT = 4096;

    private final MemoryRegion region =
            new MemoryRegion(Arena.ofAuto().allocate(PostingMarks.fileLength(COUNT), 64));
    private final PostingMarks marks = new PostingMarks(region, COUNT);

    private static long hashOfMark(int index) {
        return (long) index << 32 | 0xABCD_0000_0000_1234L;
    }

    @Test
    void neverLowersAMark() {
        long hash = hashOfMark(7);
        marks.raise(hash, 10);
        marks.raise(hash, 4);
        assertThat(marks.mark(hash)).isEqualTo(10);
        marks.raise(hash, 11);
        assertThat(marks.mark(hash)).isEqualTo(11);
    }

    @Test
    void keepsTheMarksOfOtherBucketsApart() {
        for (int index = 0; index < COUNT; index++) {
            marks.raise(hashOfMark(index), index + 1);
        }
        for (int index = 0; index < COUNT; index++) {
            assertThat(marks.mark(hashOfMark(index))).isEqualTo(index + 1);
        }
    }

    @Test
    void sharesAMarkBetweenHashesThatDifferInOtherBits() {
        marks.raise(0x0000_0123_0000_0000L, 5);
        assertThat(marks.mark(0xFFFF_0123_FFFF_FFFFL)).isEqualTo(5);
        assertThat(marks.mark(0x0000_1123_0000_0000L)).as("beyond 4096 marks").isEqualTo(5);
    }

    @Test
    void endsAtTheHighestOfWhatThreadsRaise() throws Exception {
        long hash = hashOfMark(99);
        List<Thread> threads = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            int first = thread;
            threads.add(Thread.ofPlatform().start(() -> {
                for (long position = first; position < 200_000; position += 4) {
                    marks.raise(hash, position);
                    if (marks.mark(hash) < position) {
                        throw new AssertionError("mark fell below position " + position);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(marks.mark(hash)).isEqualTo(199_999);
    }
}
