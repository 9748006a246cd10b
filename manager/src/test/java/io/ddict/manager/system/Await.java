package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for conditions. */
final class Await {
    private static final long STEP_NS = 1_000_000;

    private Await() {}

    /** Waits until the condition holds, or fails with what was to hold. */
    static void until(Duration timeout, Supplier<String> what, BooleanSupplier condition) {
        if (!holdsWithin(timeout, condition)) {
            fail("did not come about within " + timeout + ": " + what.get());
        }
    }

    /** Waits until the condition holds; false if it did not in time. */
    static boolean holdsWithin(Duration timeout, BooleanSupplier condition) {
        long endNs = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - endNs > 0) {
                return condition.getAsBoolean();
            }
            LockSupport.parkNanos(STEP_NS);
        }
        return true;
    }

    /** Lets time pass where the passing of time is the thing that is tested, such as a stop's length. */
    static void pass(Duration time) {
        boolean never = holdsWithin(time, () -> false);
        assert !never;
    }
}
