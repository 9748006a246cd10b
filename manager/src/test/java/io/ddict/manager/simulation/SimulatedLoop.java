package io.ddict.manager.simulation;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/*
 * That of Netty's embedded channel runs tasks within the calls of whoever has just used the channel, which no
 * event loop does otherwise, and takes every thread for its own.
 */

/** An event loop of a service, on a thread of a {@link Simulator}. */
final class SimulatedLoop extends AbstractScheduledEventExecutor implements EventLoop {
    private final Simulator simulator;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Thread thread;
    private boolean ended;

    SimulatedLoop(Simulator simulator) {
        this.simulator = simulator;
        this.thread = simulator.start("ddict-gateway", this::run);
    }

    private void run() {
        while (!ended) {
            Runnable due = pollScheduledTask(simulator.nowNs());
            Runnable task = due == null ? tasks.poll() : due;
            if (task != null) {
                go(task);
            } else if (hasScheduledTasks()) {
                simulator.park(Math.max(1, nextScheduledTaskNano()));
            } else {
                LockSupport.park();
            }
        }
    }

    /** Ends its thread. */
    void end() {
        execute(() -> ended = true);
    }

    private void go(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            simulator.fail("event loop failed", e);
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        LockSupport.unpark(thread);
    }

    @Override
    public Ticker ticker() {
        return new Ticker() {
            @Override
            public long initialNanoTime() {
                return 0;
            }

            @Override
            public long nanoTime() {
                return simulator.nowNs();
            }

            @Override
            public void sleep(long delay, TimeUnit unit) {
                simulator.sleep(unit.toNanos(delay));
            }
        };
    }

    @Override
    public boolean inEventLoop(Thread other) {
        return other.equals(thread);
    }

    @Override
    public EventLoop next() {
        return this;
    }

    @Override
    public EventLoopGroup parent() {
        return this;
    }

    @Override
    public ChannelFuture register(Channel channel) {
        return register(new DefaultChannelPromise(channel, this));
    }

    @Override
    public ChannelFuture register(ChannelPromise promise) {
        promise.channel().unsafe().register(this, promise);
        return promise;
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isShuttingDown() {
        return false;
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return false;
    }

    @Override
    public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Future<?> terminationFuture() {
        throw new UnsupportedOperationException();
    }

    @Override
    @Deprecated
    public void shutdown() {
        throw new UnsupportedOperationException();
    }
}
