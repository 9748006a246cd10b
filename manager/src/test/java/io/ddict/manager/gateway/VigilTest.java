package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VigilTest {
    private final IoHandlerFactory handlers = Transport.best().handlers();
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, handlers);
    private final EventLoop loop = loops.next();
    private final Vigil vigil = new Vigil(loop);

    @AfterEach
    void close() throws InterruptedException {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
        assertThat(loops.isTerminated()).isTrue();
    }

    @Test
    void endsByItselfSoonAfterItWasKept() throws Exception {
        loop.submit(vigil::keep).get(10, TimeUnit.SECONDS);
        awaitEnd();
    }

    @Test
    void canBeKeptAgainAfterItsEndAndWithinIt() throws Exception {
        for (int round = 0; round < 100; round++) {
            loop.submit(() -> {
                vigil.keep();
                vigil.end();
                vigil.keep();
                assertThat(vigil.isKept()).isTrue();
            }).get(10, TimeUnit.SECONDS);
        }
        awaitEnd();
    }

    @Test
    void letsOtherTasksHaveTheirTurnMeanwhile() throws Exception {
        AtomicInteger turns = new AtomicInteger();
        loop.submit(() -> keepFor(turns, 1000)).get(10, TimeUnit.SECONDS);
        for (int task = 0; task < 100; task++) {
            loop.submit(vigil::keep).get(10, TimeUnit.SECONDS);
        }
        awaitEnd();
        assertThat(turns.get()).isEqualTo(1000);
    }

    // The test's own time limit ends it where the vigil does not end.
    private void awaitEnd() throws Exception {
        while (loop.submit(vigil::isKept).get(10, TimeUnit.SECONDS)) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    // Each turn is a task of its own, while the vigil is kept all the time.
    private void keepFor(AtomicInteger turns, int count) {
        vigil.keep();
        if (turns.incrementAndGet() < count) {
            loop.execute(() -> keepFor(turns, count));
        }
    }
}
