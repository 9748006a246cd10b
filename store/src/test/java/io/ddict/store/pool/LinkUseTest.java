package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.store.SharedMemoryDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who uses a link: a manager that took over a pool has no other way to learn of a client's death. */
class LinkUseTest {
    private static final int LINK = 3;

    @TempDir(factory = SharedMemoryDirectory.class)
    private Path directory;

    private MappedPool owner;

    @BeforeEach
    void createLink() throws IOException {
        owner = MappedPool.create(directory, PoolGeometry.of(4 << 20, 100, entries -> 0, 7));
        owner.createLink(LINK);
    }

    @AfterEach
    void closeOwner() {
        owner.close();
    }

    @Test
    void isInUseUntilThePoolIsClosed() throws IOException {
        assertThat(owner.isLinkInUse(LINK)).isFalse();
        try (MappedPool client = MappedPool.openAsClient(directory)) {
            client.openLink(LINK);
            client.useLink(LINK);
            assertThat(owner.isLinkInUse(LINK)).isTrue();
        }
        assertThat(owner.isLinkInUse(LINK)).isFalse();
    }

    @Test
    void isInUseUntilTheOtherProcessIsKilled() throws IOException, InterruptedException {
        Process client = startClient();
        try {
            assertThat(owner.isLinkInUse(LINK)).isTrue();
            try (MappedPool another = MappedPool.openAsClient(directory)) {
                assertThatThrownBy(() -> another.useLink(LINK))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("link is used by another process");
            }
            assertThat(owner.isLinkInUse(LINK)).as("asking changes nothing").isTrue();
        } finally {
            client.destroyForcibly();
        }
        assertThat(client.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(owner.isLinkInUse(LINK)).isFalse();
    }

    @Test
    void isNotInUseWithoutAFile() {
        assertThat(owner.isLinkInUse(LINK + 1)).isFalse();
    }

    private Process startClient() throws IOException {
        Process client =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Client.class.getName(),
                        directory.toString())
                        .redirectErrorStream(true)
                        .start();
        BufferedReader output = client.inputReader(StandardCharsets.UTF_8);
        assertThat(output.readLine()).isEqualTo("uses");
        return client;
    }

    /** Uses the link until it is killed. */
    static final class Client {
        private Client() {}

        public static void main(String[] arguments) throws IOException {
            try (MappedPool pool = MappedPool.openAsClient(Path.of(arguments[0]))) {
                pool.openLink(LINK);
                pool.useLink(LINK);
                System.out.println("uses");
                int end = System.in.read();
                System.out.println("ends: input=" + end);
            }
        }
    }
}
