package io.ddict.manager.serving.crash;

import static io.ddict.manager.serving.crash.Scenarios.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.serving.Manager;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Puts that were accepted at a checkpoint which is retired when the manager comes to them. */
class LatePutTest {
    @TempDir(factory = CrashEnumeratorTest.SharedMemory.class)
    private Path directory;

    private MemoryPool pool;
    private Manager manager;

    @AfterEach
    void verify() throws IOException {
        assertThat(PoolVerifier.verify(directory).violations()).isEmpty();
        manager.close();
    }

    private void open(int workingSetSize) throws IOException {
        WorkingSet workingSet = new WorkingSet(workingSetSize, false, false);
        pool = MemoryPool.create(
                directory, MemoryPool.geometry(4 << 20, 300, 7, workingSet), MemoryRegion::new);
        manager = new Manager(0, pool);
    }

    private DrivenClient client() {
        var link = manager.openLink();
        int _ = manager.doWork();
        return new DrivenClient(
                manager,
                MappedPool.openAsClient(directory),
                link.join(),
                new StoreLog(directory),
                new ArrayList<>());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void hidesALatePutBehindANewerOneAndShowsItWhereThereIsNone(int size) throws IOException {
        open(size);
        try (DrivenClient first = client(); DrivenClient late = client()) {
            first.drives(false).at(5).put("a", bytes(50, 1));
            late.drives(false).put("a", bytes(60, 2));
            late.put("b", bytes(60, 3));
            late.put("b", bytes(60, 4));
            int _ = manager.doWork();
            assertThat(first.drives(true).get("a")).isEqualTo(bytes(50, 1));
            assertThat(first.get("b")).isEqualTo(bytes(60, 4));
            int _ = manager.doWork();
            assertThat(first.get("b")).isEqualTo(bytes(60, 4));
        }
    }

    @Test
    void storesAtTheNewestWhatComesAfter() throws IOException {
        open(1);
        try (DrivenClient first = client()) {
            first.put("a", bytes(50, 1));
            first.at(3).put("b", bytes(50, 2));
            first.put("a", bytes(50, 3));
            assertThat(first.get("a")).isEqualTo(bytes(50, 3));
            first.getAndAdd("n", 2);
            first.at(4).getAndAdd("n", 3);
            first.remove("a");
            assertThat(first.get("a")).isNull();
            assertThat(pool.entryCount()).isEqualTo(2);
        }
    }
}
