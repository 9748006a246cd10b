package io.ddict.client.channel.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BellTest {
    @TempDir
    Path folder;

    // As it is when the manager rings between the two things that a close does.
    @Test
    void closesThoughItsThreadHasEndedByItself() throws Exception {
        Path pipe = folder.resolve("bell");
        Process made = new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start();
        assertThat(made.waitFor()).isZero();
        try (Arena arena = Arena.ofShared()) {
            MemoryRegion link =
                    new MemoryRegion(arena.allocate(LinkLayout.fileLength(128 << 10), 64));
            Answers answers = new Answers(link, grant -> {});
            Bell bell = new Bell(link, pipe, answers);
            assertThat(answers.tryAcquire(1)).isTrue();
            bell.sleep(answers.open(), 1);
            bell.close();
            assertThatCode(bell::close).doesNotThrowAnyException();
        }
    }
}
