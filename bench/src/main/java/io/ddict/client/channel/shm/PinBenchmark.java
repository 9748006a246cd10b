package io.ddict.client.channel.shm;

import io.ddict.client.channel.Deadline;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolStatus;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to pin what is there and to let go of it, when nobody else does. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class PinBenchmark {
    private static final int STAGING_LENGTH = 1 << 12;

    private final Arena arena = Arena.ofConfined();
    private final PoolStatus status =
            new PoolStatus(new MemoryRegion(arena.allocate(PoolStatus.FILE_LENGTH, 64)));
    private final MemoryRegion link =
            new MemoryRegion(arena.allocate(LinkLayout.fileLength(STAGING_LENGTH), 64));
    private final Pins pins = new Pins(link, status);
    private final Deadline deadline = new Deadline();
    private long applied;

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public long acquireAndRelease() {
        // A manager that goes on, so that each pin is of another position.
        status.publishApplied(++applied);
        int pin = pins.acquire(deadline.start(0));
        if (pin == Pins.NONE) {
            throw new IllegalStateException("no pin is free: applied=" + applied);
        }
        long pinned = link.getLongAcquire(LinkLayout.pinOffset(pin));
        pins.release(pin);
        return pinned;
    }
}
