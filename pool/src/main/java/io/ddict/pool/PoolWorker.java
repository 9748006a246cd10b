package io.ddict.pool;

import io.ddict.client.DestroyedException;
import io.ddict.client.SharedQueue.Taken;
import io.ddict.pool.sync.Prefetch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/*
 * A chunk is taken and acknowledged when its result is posted: if this process dies before, another worker
 * gets it. So a result may be posted twice, and the pool looks at the first.
 *
 * A process with one worker works in one thread. It tells which chunk it is at, so that only that one is
 * counted as tried if it dies; and it posts the results of quick chunks together.
 *
 * One with many has a virtual thread for each chunk that is under way.
 */

/** A process of a pool: takes chunks of tasks until there are no more to come. */
final class PoolWorker implements ProcessAction {
    private static final long serialVersionUID = 1L;
    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final int TAKEN_MAX = 64;
    private static final long TOGETHER_NS = 200_000;
    private static final int TOGETHER_LENGTH = 32 << 10;

    private final String handle;
    private final int workers;
    private final int retries;
    private final int tasksMax;
    private final int messageMax;
    private final @Nullable ProcessAction initializer;

    private transient @Nullable PoolChannels opened;
    private transient @Nullable Map<Long, Object> functions;

    /**
     * Makes one.
     *
     * @param workers how many work at a time in this process
     * @param retries how often a chunk is tried again whose worker died
     * @param tasksMax after how many chunks the process ends, and is replaced; 0 for never
     * @param messageMax longest result in bytes
     */
    PoolWorker(
            String handle,
            int workers,
            int retries,
            int tasksMax,
            int messageMax,
            @Nullable ProcessAction initializer) {
        this.handle = handle;
        this.workers = workers;
        this.retries = retries;
        this.tasksMax = tasksMax;
        this.messageMax = messageMax;
        this.initializer = initializer;
    }

    @Override
    public void run() throws Exception {
        PoolChannels channels = PoolChannels.attach(handle);
        opened = channels;
        functions = new ConcurrentHashMap<>();
        if (initializer != null) {
            initializer.run();
        }
        post(channels, List.of(PoolResult.started()));
        try {
            if (workers == 1) {
                workAlone(channels);
            } else {
                workTogether(channels);
            }
        } catch (DestroyedException e) {
            // The pool is closed: nothing is left to do.
        }
    }

    private void workAlone(PoolChannels channels) throws InterruptedException {
        Prefetch<byte[]> ahead = new Prefetch<>(channels.tasks(), channels.tasks()::takeUnordered);
        List<PoolResult> results = new ArrayList<>();
        List<Taken<byte[]>> done = new ArrayList<>();
        long sinceNs = 0;
        int length = 0;
        @Nullable Taken<byte[]> chunk = null;
        for (int count = 1;; count++) {
            while (chunk == null) {
                chunk = ahead.next(FOR_EVER);
            }
            channels.tasks().worksOn(chunk.number());
            PoolResult result = work(chunk);
            if (done.isEmpty()) {
                sinceNs = java.lang.System.nanoTime();
                length = 0;
            }
            done.add(chunk);
            results.add(result);
            length += result.length();
            boolean isLast = tasksMax > 0 && count == tasksMax;
            chunk = isLast ? null : ahead.nextHere();
            if (chunk == null || length > TOGETHER_LENGTH
                    || java.lang.System.nanoTime() - sinceNs > TOGETHER_NS) {
                post(channels, results);
                done.forEach(each -> channels.tasks().acknowledge(each.number()));
                done.clear();
                results.clear();
            }
            if (isLast) {
                ahead.giveBack();
                return;
            }
        }
    }

    private void workTogether(PoolChannels channels) throws InterruptedException {
        Semaphore free = new Semaphore(workers);
        for (long left = tasksMax == 0 ? Long.MAX_VALUE : (long) tasksMax * workers; left > 0;) {
            int slots = acquire(free, (int) Math.min(TAKEN_MAX, left));
            List<Taken<byte[]>> taken = channels.tasks().takeUnordered(slots, FOR_EVER);
            left -= taken.size();
            free.release(slots - taken.size());
            for (Taken<byte[]> each : taken) {
                Thread.ofVirtual().name("ddict-worker").start(() -> {
                    try {
                        post(channels, List.of(work(each)));
                        channels.tasks().acknowledge(each.number());
                    } finally {
                        free.release();
                    }
                });
            }
        }
        free.acquire(workers);
    }

    // At least one, and as many more as are free.
    private static int acquire(Semaphore free, int most) throws InterruptedException {
        free.acquire();
        int count = 1;
        while (count < most && free.tryAcquire()) {
            count++;
        }
        return count;
    }

    private PoolResult work(Taken<byte[]> taken) {
        PoolChunk chunk = PoolChunk.read(ByteBuffer.wrap(taken.item()));
        if (taken.times() > retries) {
            return PoolResult.lost(chunk.number(), taken.times());
        }
        int index = 0;
        try {
            if (chunk.function() == PoolChunk.NO_FUNCTION) {
                Object task = Report.deserialized(Payload.rest(chunk.payload()), 0);
                Object result = task instanceof Callable<?> call ? call.call() : run(task);
                return done(chunk, listOf(result));
            }
            PoolFunction<Object, Object> function = function(chunk.function());
            List<@Nullable Object> arguments = Payload.decode(chunk.payload());
            List<@Nullable Object> results = new ArrayList<>(arguments.size());
            for (; index < arguments.size(); index++) {
                results.add(function.apply(arguments.get(index)));
            }
            index = 0;
            return done(chunk, results);
        } catch (Throwable thrown) {
            return PoolResult.failed(chunk.number(), index, thrown);
        }
    }

    private PoolResult done(PoolChunk chunk, List<@Nullable Object> results) throws IOException {
        byte[] encoded = Payload.encode(results);
        if (encoded.length > messageMax) {
            throw new IllegalStateException(
                    "result too large for the pool's memory: length=" + encoded.length
                            + "B, lengthMax=" + messageMax
                            + "B; take smaller chunks or more memory, or put it into a dictionary");
        }
        return PoolResult.done(chunk.number(), encoded);
    }

    private static @Nullable Object run(@Nullable Object task) {
        ((Runnable) java.util.Objects.requireNonNull(task)).run();
        return null;
    }

    private static List<@Nullable Object> listOf(@Nullable Object value) {
        List<@Nullable Object> values = new ArrayList<>(1);
        values.add(value);
        return values;
    }

    @SuppressWarnings("unchecked") // The pool stores nothing else under such a key.
    private PoolFunction<Object, Object> function(long number) throws Exception {
        Map<Long, Object> known = java.util.Objects.requireNonNull(functions);
        Object function = known.get(number);
        if (function == null) {
            PoolChannels channels = java.util.Objects.requireNonNull(opened);
            byte[] bytes = (byte[]) channels.dict().getOrThrow(number);
            function = java.util.Objects.requireNonNull(Report.deserialized(bytes, 0));
            if (known.size() >= PoolFunctions.KEPT_MAX) {
                known.clear();
            }
            known.put(number, function);
        }
        return (PoolFunction<Object, Object>) function;
    }

    private static void post(PoolChannels channels, List<PoolResult> results) {
        ByteBuffer message = ByteBuffer.allocate(
                results.stream().mapToInt(PoolResult::length).sum());
        results.forEach(each -> each.write(message));
        PoolChannels.post(channels.results(), message.array());
    }
}
