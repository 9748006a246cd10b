package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.lab.Lab;
import io.ddict.manager.lab.LabRun;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code ddict run} in a node of the lab. */
class LabRunIT {
    @Test
    void saysHelloFromAProcessForEachCpuAndLeavesNothing(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
        try (Lab lab = Lab.up(2)) {
            LabRun run = lab.run("n1", ScriptRun.SCRIPT.toString(), "run", "-cp",
                    RunScriptIT.classes(), RunScriptIT.Hello.class.getName(), "payload");

            assertThat(run.errors()).isEqualTo(RunScriptIT.ENDED);
            assertThat(run.exitCode()).isZero();
            assertThat(run.lines()).hasSize(Runtime.getRuntime().availableProcessors())
                    .allMatch(each -> each.matches("process \\d+ says payload"));
            assertThat(lab.leftovers()).isEmpty();
        }
    }
}
