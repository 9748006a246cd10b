package io.ddict.manager.serving;

import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.IdleStrategy;

/*
 * How a manager waits: it spins as long as a client needs to come back with its next operation, some
 * 3 us, and no longer, for whoever has it may want this core; it yields for as long as its experience says
 * that work may still come; then it dozes, for a millisecond each time while work was recent; then it
 * sleeps.
 *
 * The experience: being woken costs some 100 us on a virtual machine whose processor went idle. If work
 * came so soon after the manager had lain down that it had better waited, it yields that long next
 * time; each time that was in vain it yields half as long.
 *
 * To doze and to sleep is to wait for the doorbell, which costs whoever rings it a system call. So one
 * who posts only rings if the manager sleeps: that a post is applied a millisecond later is seen by
 * nobody who does not wait for it, and who does rings also if it dozes; so does one who posts what
 * others wait for.
 *
 * Going to rest is a hand-shake with whoever publishes: the manager announces it, fences and looks at
 * the ring once more; a client publishes, fences and reads what was announced. In any order of the
 * two, one sees the other. Volatile accesses are the fences. The timeouts are a net under that.
 */

/** The waiting of one manager's thread. */
final class ManagerIdle implements IdleStrategy {
    private static final int SPINS = 100;
    private static final long YIELD_NS_MIN = 5_000;
    private static final long YIELD_NS_MAX = 250_000;
    private static final int DOZES = 20;
    private static final int DOZE_MS = 1;
    private static final int SLEEP_MS = 50;

    private final BooleanSupplier hasWork;
    private final PoolStatus status;
    private final Doorbell doorbell;
    private long yieldNs = YIELD_NS_MIN;
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
            if (!spin()) {
                yieldAWhile();
            }
        } else if (idleCount == 1) {
            long startNs = System.nanoTime();
            rest(PoolStatus.DOZING, DOZE_MS);
            learn(System.nanoTime() - startNs);
        } else if (idleCount <= DOZES) {
            rest(PoolStatus.DOZING, DOZE_MS);
        } else {
            rest(PoolStatus.ASLEEP, SLEEP_MS);
        }
        idleCount = Math.min(idleCount + 1, DOZES + 1);
    }

    @Override
    public void reset() {
        idleCount = 0;
    }

    private boolean spin() {
        boolean found = hasWork.getAsBoolean();
        for (int i = 0; i < SPINS && !found; i++) {
            Thread.onSpinWait();
            found = hasWork.getAsBoolean();
        }
        return found;
    }

    private void yieldAWhile() {
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < yieldNs && !hasWork.getAsBoolean()) {
            Thread.yield();
        }
    }

    private void learn(long restedNs) {
        boolean wasTooSoon = restedNs < YIELD_NS_MAX && hasWork.getAsBoolean();
        yieldNs = wasTooSoon ? YIELD_NS_MAX : Math.max(YIELD_NS_MIN, yieldNs / 2);
    }

    private void rest(long depth, int timeoutMs) {
        // The count names this rest: each client rings once for it.
        status.count(PoolCounter.RESTS, 1);
        status.publishRest(depth);
        if (!hasWork.getAsBoolean()) {
            doorbell.await(timeoutMs);
        }
        status.publishRest(PoolStatus.AWAKE);
    }
}
