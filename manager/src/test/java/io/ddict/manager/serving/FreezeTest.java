package io.ddict.manager.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.MemoryPool;
import io.ddict.store.PoolRecovery;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What freezing and its end write into the status file, turn by turn of the manager. */
class FreezeTest {
    @TempDir(factory = SharedMemory.class)
    private Path directory;

    private Manager manager;
    private PoolStatus status;

    @BeforeEach
    void create() throws IOException {
        take(MemoryPool.create(directory, 8 << 20, 100, 7));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void countsAFreezeOnce() {
        assertThat(status.freezeEpoch()).isZero();
        run(manager.freeze());
        run(manager.freeze());
        assertThat(status.state()).isEqualTo(PoolStatus.STATE_FROZEN);
        assertThat(status.freezeEpoch()).isEqualTo(1);
        assertThat(PoolStatus.isFrozen(status.freezeEpoch())).isTrue();
    }

    @Test
    void countsItsEndOnce() {
        run(manager.freeze());
        run(manager.unfreeze());
        run(manager.unfreeze());
        assertThat(status.state()).isZero();
        assertThat(status.freezeEpoch()).isEqualTo(2);
        assertThat(PoolStatus.isFrozen(status.freezeEpoch())).isFalse();
        run(manager.freeze());
        assertThat(status.freezeEpoch()).isEqualTo(3);
    }

    @Test
    void leavesOtherStatesAsTheyAre() {
        status.publishState(PoolStatus.STATE_LOST);
        run(manager.freeze());
        assertThat(status.state()).isEqualTo(PoolStatus.STATE_LOST | PoolStatus.STATE_FROZEN);
        run(manager.destroy());
        assertThat(status.state()).isEqualTo(
                PoolStatus.STATE_LOST | PoolStatus.STATE_FROZEN | PoolStatus.STATE_DESTROYED);
        run(manager.unfreeze());
        assertThat(status.state()).isEqualTo(PoolStatus.STATE_LOST | PoolStatus.STATE_DESTROYED);
    }

    @Test
    void isFinishedByASuccessor() throws IOException {
        // Where the first manager may have ended: the state is set, and the freeze not in effect.
        status.publishState(PoolStatus.STATE_FROZEN);
        takeOver();
        assertThat(PoolStatus.isFrozen(status.freezeEpoch())).isFalse();
        run(manager.freeze());
        assertThat(status.freezeEpoch()).isEqualTo(1);

        takeOver();
        assertThat(status.state()).isEqualTo(PoolStatus.STATE_FROZEN);
        assertThat(status.freezeEpoch()).isEqualTo(1);

        // And here the end has begun, while writes are refused still.
        status.publishNextFreezeEpoch();
        takeOver();
        run(manager.unfreeze());
        assertThat(status.state()).isZero();
        assertThat(status.freezeEpoch()).isEqualTo(2);
    }

    private void run(CompletableFuture<?> change) {
        assertThat(change).isNotDone();
        assertThat(manager.doWork()).isPositive();
        assertThat(change).isCompleted();
    }

    private void takeOver() throws IOException {
        manager.close();
        take(PoolRecovery.recover(directory));
    }

    private void take(MemoryPool pool) throws IOException {
        manager = new Manager(0, pool);
        status = pool.mapped().status();
    }
}
