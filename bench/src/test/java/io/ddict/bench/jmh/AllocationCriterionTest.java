package io.ddict.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AllocationCriterionTest {
    private static final double MANY = 1e6;

    private final AllocationCriterion criterion = new AllocationCriterion();

    @Test
    void isMetByThoseThatAllocateNothing() {
        criterion.judge("DictBenchmark.put valueLength=8", false, 0.012, MANY);

        assertThat(criterion.isMet()).isTrue();
        assertThat(criterion.report())
                .matches("allocation none +0\\.012 B/op  DictBenchmark\\.put valueLength=8\\R");
    }

    @Test
    void isMissedByOneThatAllocatesAnObjectNowAndThen() {
        criterion.judge("DictBenchmark.put", false, 16.0 / 32, MANY);
        criterion.judge("DictBenchmark.getInto", false, 0, MANY);

        assertThat(criterion.isMet()).isFalse();
        assertThat(criterion.report()).contains("allocation MISSED", "allocation none");
    }

    @Test
    void takesWhatJmhAllocatesForNothingWhereOperationsAreFew() {
        criterion.judge("DictBenchmark.putThenGetInto", false, 12_000 / 4000.0, 4000);
        assertThat(criterion.isMet()).isTrue();

        criterion.judge("DictBenchmark.putThenGetInto", false, 16, 4000);
        assertThat(criterion.isMet()).isFalse();
    }

    @Test
    void isMissedByWhatCouldNotBeMeasured() {
        criterion.judge("DictBenchmark.put", false, Double.NaN, MANY);

        assertThat(criterion.isMet()).isFalse();
    }

    @Test
    void allowsWhatABenchmarkSaysItAllocates() {
        criterion.judge("DictBenchmark.get", true, 24, MANY);

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
