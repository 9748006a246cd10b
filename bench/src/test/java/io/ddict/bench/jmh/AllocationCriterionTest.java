package io.ddict.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AllocationCriterionTest {
    private final AllocationCriterion criterion = new AllocationCriterion();

    @Test
    void isMetByThoseThatAllocateNothing() {
        criterion.judge("DictBenchmark.put valueLength=8", false, 0.012);

        assertThat(criterion.isMet()).isTrue();
        assertThat(criterion.report())
                .matches("allocation none +0\\.012 B/op  DictBenchmark\\.put valueLength=8\\R");
    }

    @Test
    void isMissedByOneThatAllocatesAnObjectNowAndThen() {
        criterion.judge("DictBenchmark.put", false, 16.0 / 32);
        criterion.judge("DictBenchmark.getInto", false, 0);

        assertThat(criterion.isMet()).isFalse();
        assertThat(criterion.report()).contains("allocation MISSED", "allocation none");
    }

    @Test
    void isMissedByWhatCouldNotBeMeasured() {
        criterion.judge("DictBenchmark.put", false, Double.NaN);

        assertThat(criterion.isMet()).isFalse();
    }

    @Test
    void allowsWhatABenchmarkSaysItAllocates() {
        criterion.judge("DictBenchmark.get", true, 24);

        assertThat(criterion.isMet()).isTrue();
        assertThat(criterion.report()).contains("allocation allowed");
    }

    @Test
    void knowsWhichBenchmarksSaySo() {
        String dictionary = DictBenchmark.class.getName();

        assertThat(AllocationCriterion.mayAllocate(dictionary + ".get")).isTrue();
        assertThat(AllocationCriterion.mayAllocate(dictionary + ".getInto")).isFalse();
        assertThat(AllocationCriterion.mayAllocate(dictionary + ".put")).isFalse();
    }
}
