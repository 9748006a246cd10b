package io.ddict.manager.serving;

import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.IdleStrategy;

/*
 * How a manager waits: it spins as long as a client needs to come back with its next operation,
 * then naps in short timed waits while work was recent, then sleeps until its doorbell is rung.
 *
 * Going to sleep is a hand-shake with whoever publishes: the manager sets `sleeping`, fences and
 * looks at the ring once more; a client publishes, fences and reads `sleeping`. In any order of the
 * two, one sees the other. Volatile accesses are the fences. The timeout is a net under that.
 */

/** The waiting of one manager's thread. */
final class ManagerIdle implements IdleStrategy {
    private static final int SPINS = 2_000;
    private static final int NAPS = 40;
    private static final long NAP_NS = 50_000;
    private static final int SLEEP_MS = 50;

    private final BooleanSupplier hasWork;
    private final PoolStatus status;
    private final Doorbell doorbell;
    private int idleCount;

    ManagerIdle(BooleanSupplier hasWork, PoolStatus status, Doorbell doorbell) {
        this.hasWork = hasWork;
        this.status = status;
        this.doorbell = doorbell;
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (idleCount == 0) {
            spin();
            idleCount = 1;
        } else if (idleCount <= NAPS) {
            LockSupport.parkNanos(NAP_NS);
            idleCount++;
        } else {
            sleep();
        }
    }

    @Override
    public void reset() {
        idleCount = 0;
    }

    private void spin() {
        for (int i = 0; i < SPINS && !hasWork.getAsBoolean(); i++) {
            Thread.onSpinWait();
        }
    }

    private void sleep() {
        // The count names this sleep: each client rings once for it.
        status.count(PoolCounter.SLEEPS, 1);
        status.publishSleeping(true);
        if (!hasWork.getAsBoolean()) {
            doorbell.await(SLEEP_MS);
        }
        status.publishSleeping(false);
    }
}
