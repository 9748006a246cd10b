package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.pool.Process;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench compute}, with few of everything. */
class ComputeIT {
    @TempDir
    private Path folder;

    @Test
    void measuresStartsMapsQueuesAndManyWorkers() throws IOException {
        int status = Main.run("compute", "--quick", "--output", folder.toString());

        assertThat(status).isZero();
        List<String> figures = Files.readAllLines(folder.resolve("compute.csv"));
        assertThat(figures.getFirst()).isEqualTo("what,system,shape,round,figure,value,unit");
        for (String start : List.of(
                "start to first instruction,ddict,1 process,0,time,",
                "pool until all run,ddict,4 processes,0,time,",
                "map of 500 tasks,ddict,\"2 workers, chunks of 63\",0,time,",
                "map of 500 tasks,ddict,\"2 workers, chunks of 1\",0,time,",
                "map of 500 tasks,fork-join,\"2 workers, chunks of 1\",0,time,",
                "map of 500 tasks,hazelcast,\"2 workers, chunks of 1\",0,time,",
                "\"queue, one way\",ddict,100 B,0,messages,",
                "\"queue, one way\",ddict,16 MiB,0,bytes,",
                "\"queue, there and back\",ddict,1 MiB,0,p99,",
                "\"start of a pool, and a map of as many tasks\",ddict,2000 workers,0,time,",
                "memory of its processes,ddict,2000 workers,0,most,")) {
            assertThat(figures).anyMatch(row -> row.startsWith(start));
        }
        assertThat(Files.readString(folder.resolve("results.json")))
                .contains("\"compute\"", "\"loadAtEnd\"");
        assertThat(Process.list()).isEmpty();
    }
}
