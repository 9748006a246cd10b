package io.ddict.pool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.SharedQueue;
import io.ddict.client.SharedQueue.Taken;
import io.ddict.pool.NothingLeft;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Items that a process was given before it asked for them. */
@ExtendWith(NothingLeft.class)
class PrefetchIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Who keeps something from others until it has taken all that is here waits for nobody. */
    @Test
    void whatIsHereIsTakenWithoutWaitingAndWhatWentBackIsNot() throws Exception {
        try (DDict<Object, Object> dict =
                DDict.create(DDictConfig.builder().name("prefetch").build())) {
            SharedQueue<Integer> queue = SharedQueue.of(dict, 1, SharedQueue.UNBOUNDED);
            Prefetch<Integer> ahead = new Prefetch<>(queue, queue::takeUnordered);
            assertThat(ahead.nextHere()).isNull();
            // Enough for one who becomes quick late, as everything is slow at first.
            IntStream.range(0, 100_000).forEach(queue::post);
            List<Integer> taken = new ArrayList<>();
            Taken<Integer> here;
            do {
                taken.add(ahead.next(LONG).item());
                here = ahead.nextHere();
            } while (here == null);
            taken.add(here.item());
            assertThat(taken)
                    .isEqualTo(IntStream.range(0, taken.size()).boxed().toList());

            long endNs = System.nanoTime() + LONG.toNanos();
            while (ahead.size() > 0) {
                assertThat(System.nanoTime()).as("in time").isLessThan(endNs);
                LockSupport.parkNanos(5_000_000); // Until it counts as one who takes its time.
            }

            assertThat(ahead.nextHere()).isNull();
            assertThat(ahead.next(LONG).item()).isEqualTo(taken.size());
        }
    }
}
