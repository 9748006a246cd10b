package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.RuntimeDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is left when one of those that take part ends: nothing. */
@ExtendWith(NothingLeft.class)
class ProcessEndsIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private java.lang.Process starter;
    private BufferedReader said;
    private String cluster;
    private long service;
    private List<Long> children;

    @BeforeEach
    void clear() {
        starter = null;
    }

    private void begin(String how) throws IOException {
        starter = new ProcessBuilder(
                Path.of(java.lang.System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", java.lang.System.getProperty("java.class.path"), Starter.class.getName(),
                how).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        said = starter.inputReader(StandardCharsets.UTF_8);
        String line = said.readLine();
        assertThat(line).isNotNull();
        String[] words = line.split(" ", -1);
        cluster = words[0];
        service = Long.parseLong(words[1]);
        children = Stream.of(words).skip(2).map(Long::valueOf).toList();
        assertThat(children).hasSize(3).allMatch(NothingLeft::isRunning);
    }

    @AfterEach
    void end() throws Exception {
        starter.destroyForcibly();
        assertThat(starter.waitFor(20, TimeUnit.SECONDS)).isTrue();
        NothingLeft.await("end of the service", () -> !NothingLeft.isRunning(service));
        NothingLeft.awaitNoProcess(cluster);
    }

    private void awaitChildren() {
        NothingLeft.await("ends of " + children,
                () -> children.stream().noneMatch(NothingLeft::isRunning));
    }

    private void awaitNoFile() {
        NothingLeft.await("end of files",
                () -> !Files.exists(RuntimeDirectory.ofCluster(cluster)));
    }

    @Test
    void endsWithAProgramThatReturns() throws Exception {
        begin("return");
        starter.getOutputStream().close();

        assertThat(starter.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(starter.exitValue()).isZero();
        awaitChildren();
        awaitNoFile();
    }

    @Test
    void endsWithAProgramThatIsKilled() throws Exception {
        begin("return");
        assertThat(ProcessHandle.of(starter.pid()).orElseThrow().destroyForcibly()).isTrue();

        awaitChildren();
        awaitNoFile();
    }

    @Test
    void endsWithAProgramThatIsTerminated() throws Exception {
        begin("return");
        starter.destroy();

        awaitChildren();
        awaitNoFile();
    }

    @Test
    void endsWithAServiceThatIsKilled() throws Exception {
        begin("join");
        assertThat(ProcessHandle.of(service).orElseThrow().destroyForcibly()).isTrue();

        awaitChildren();
        starter.getOutputStream().close();
        assertThat(said.readLine())
                .startsWith("node service ended, and the process with it: process=process-1");
        assertThat(starter.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void endsWithAServiceThatIsTerminated() throws Exception {
        begin("return");
        assertThat(ProcessHandle.of(service).orElseThrow().destroy()).isTrue();

        awaitChildren();
        awaitNoFile();
    }

    @Test
    void survivesTheEndOfAChild() throws Exception {
        begin("join");
        for (long each : children) {
            assertThat(ProcessHandle.of(each).orElseThrow().destroyForcibly()).isTrue();
        }

        awaitChildren();
        assertThat(NothingLeft.isRunning(service)).isTrue();
        starter.getOutputStream().close();
        assertThat(starter.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(starter.exitValue()).isZero();
        awaitNoFile();
    }
}
