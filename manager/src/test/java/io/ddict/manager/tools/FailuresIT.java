package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.Cluster;
import io.ddict.manager.files.FileTree;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the command tells when the cluster is full, slow, gone or damaged. */
class FailuresIT {
    private static final String CLUSTER = "failures-" + ProcessHandle.current().pid();

    private long processId;
    private Path pool;

    @BeforeEach
    void start() {
        CommandRun run = ddict("start", "--memory", "8m");
        assertThat(run.exitCode()).as(run.err()).isZero();
        try (Cluster cluster = Cluster.connect(CLUSTER)) {
            processId = cluster.processId();
            pool = cluster.poolDirectories("default").getFirst();
        }
    }

    @AfterEach
    void sweep() throws IOException {
        kill();
        // Of who is killed the next service sweeps what is left: after the last test there is none.
        FileTree.remove(pool.getParent().getParent());
    }

    private void kill() {
        ProcessHandle.of(processId).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }

    @Test
    void endsWith4WhenTheDictionaryIsFull() {
        CommandRun run = ddict("put", "k", "v");
        for (int i = 0; run.exitCode() == 0 && i < 100; i++) {
            run = ddict(new ByteArrayInputStream(new byte[1 << 20]), "put", "key " + i, "-");
        }

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).hasLineCount(1);
        assertThat(ddict("get", "k").out()).isEqualTo("v\n");
    }

    @Test
    void endsWith5WhenTheNodeServiceDoesNotAnswer() {
        // A long value needs a block, and that an answer.
        CommandRun run = ddict(afterwards(() -> signal("STOP")), "put", "k", "-", "--timeout", "1");

        assertThat(run.exitCode()).isEqualTo(5);
        assertThat(run.err()).hasLineCount(1);
        signal("CONT");
    }

    @Test
    void endsWith6WhenTheNodeServiceEndsMeanwhile() {
        CommandRun run = ddict(afterwards(this::kill), "put", "k", "-");

        assertThat(run.exitCode()).isEqualTo(6);
        assertThat(run.err()).hasLineCount(1);
    }

    @Test
    void endsWith3OnceTheNodeServiceHasEnded() {
        kill();

        assertThat(ddict("get", "k").exitCode()).isEqualTo(3);
        assertThat(CommandRun.of("status").out()).doesNotContain(CLUSTER);
    }

    @Test
    void verifyEndsWith1WhenAPoolIsDamaged() throws IOException {
        for (int i = 0; i < 100; i++) {
            ddict("put", "key " + i, "value " + i);
        }
        // The first slab lies behind the first page.
        try (FileChannel data =
                FileChannel.open(pool.resolve("data"), StandardOpenOption.WRITE)) {
            data.write(ByteBuffer.allocate(1 << 14), 1 << 14);
        }

        CommandRun run = ddict("verify");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("damaged");
    }

    /** A megabyte of zeros; does something before it is read. */
    private static InputStream afterwards(Runnable action) {
        return new FilterInputStream(new ByteArrayInputStream(new byte[1 << 20])) {
            @Override
            public byte[] readAllBytes() throws IOException {
                action.run();
                return super.readAllBytes();
            }
        };
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(processId)).start().onExit()
                    .join();
            while (name.equals("STOP") && !isStopped()) {
                Thread.onSpinWait();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // All of it: its threads stop one after the other. The state stands behind the name in parentheses.
    private boolean isStopped() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + processId + "/task"))) {
            for (Path each : threads.toList()) {
                String stat = Files.readString(each.resolve("stat"));
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        }
    }

    private static CommandRun ddict(String... arguments) {
        return ddict(InputStream.nullInputStream(), arguments);
    }

    private static CommandRun ddict(InputStream in, String... arguments) {
        String[] withCluster = Arrays.copyOf(arguments, arguments.length + 2);
        withCluster[arguments.length] = "--cluster";
        withCluster[arguments.length + 1] = CLUSTER;
        return CommandRun.of(in, withCluster);
    }
}
