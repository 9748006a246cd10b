package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDict;
import io.ddict.pool.Policy;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessFailedException;
import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.Redirect;
import io.ddict.pool.System;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The snippets of docs/processes.md, run. */
class ProcessesIT {
    @TempDir
    private Path folder;

    @Test
    void runsALambdaThatUsesADictionary() {
        // snippet: process
        try (DDict<String, Long> counts = DDict.create()) {
            Process process = Process.start(ProcessTemplate.of(
                    () -> counts.getAndAdd("visits", 1))); // in a JVM of its own, on the same dictionary
            long before = process.<Long>result(Duration.ofSeconds(30));
            // end
            assertThat(before).isZero();
            assertThat(counts.get("visits")).isEqualTo(1);
            counts.destroy();
        }
    }

    @Test
    void runsAnExecutable() throws IOException {
        // snippet: executable
        Process sort = Process.start(ProcessTemplate.executable("sort", "-r")
                .directory(folder)
                .environment("LC_ALL", "C")
                .stdin(Redirect.PIPE)
                .stdout(Redirect.PIPE)
                .stderr(Redirect.file(Path.of("errors.log"))));
        try (OutputStream input = sort.stdin()) {
            input.write("a\nb\n".getBytes(StandardCharsets.UTF_8));
        }
        String sorted = new String(sort.stdout().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = sort.join();
        // end
        assertThat(sorted).isEqualTo("b\na\n");
        assertThat(exitCode).isZero();
        assertThat(folder.resolve("errors.log")).isEmptyFile();
    }

    @Test
    void tellsWhatAProcessThrew() {
        StringBuilder seen = new StringBuilder();
        // snippet: process-failed
        Process process = Process.start(ProcessTemplate.of(() -> {
            throw new IllegalStateException("no input");
        }).stderr(Redirect.DISCARD));
        try {
            process.join();
        } catch (ProcessFailedException e) {
            seen.append(e.getCause().getMessage()); // with the stack trace of the process
        }
        // end
        assertThat(seen.toString()).isEqualTo("java.lang.IllegalStateException: no input");
    }

    @Test
    void runsAGroup() {
        ProcessTemplate server = ProcessTemplate.executable("sh", "-c", "exit 0");
        ProcessTemplate worker = ProcessTemplate.executable("sh", "-c", "exit 3");
        // snippet: group
        ProcessGroup group = ProcessGroup.builder()
                .add(1, server)
                .add(4, worker.label("[worker] ").policy(Policy.onCpus(0)))
                .walltime(Duration.ofHours(1))
                .build();
        group.start();
        // end
        assertThatThrownBy(group::join).isInstanceOf(ProcessFailedException.class);
        assertThat(System.current().processes()).isEmpty();
    }

    @Test
    void runsAnMpiGroup() {
        String program = "true"; // The ranks of a real one are those of MpiIT.
        // snippet: mpi
        ProcessGroup simulation = ProcessGroup.builder()
                .mpi(true)
                .add(8, ProcessTemplate.executable(program, "input.dat"))
                .build();
        simulation.start();
        simulation.join(Duration.ofMinutes(10));
        // end
        assertThat(simulation.inactive()).hasSize(8);
    }
}
