package io.ddict.manager.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
    @ParameterizedTest
    @CsvSource({"1,1", "1,8", "31,2", "32,2", "33,2", "1000,2", "15224,2", "100000,1", "7,256"})
    void givesEachFileToOneChunk(int files, int processes) {
        Plan plan = Plan.of(files, processes);

        int next = 0;
        for (int chunk = 0; chunk < plan.chunks(); chunk++) {
            assertThat(plan.start(chunk)).isEqualTo(next);
            assertThat(plan.end(chunk)).isGreaterThan(next);
            next = plan.end(chunk);
        }
        assertThat(next).isEqualTo(files);
        assertThat(plan.partitions()).isPositive();
    }
}
