package io.ddict.pool;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.pool.PoolFunctions.Published;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Workers in other processes, which do what they are given: a list to map over, or single tasks. It is an
 * {@code ExecutorService}; close it, and its workers end. Safe from any thread. Pools may be made in tasks
 * of pools.
 *
 * <p>Functions, tasks, arguments and results travel by Java serialization; lists of one type of number
 * faster. A worker that dies is replaced, and what it was doing is done again by another, unless workers
 * died of it as often as {@link Builder#retries} says: then its caller gets a {@link WorkerLostException}.
 * So a task may have been run in part before it is run whole.
 *
 * <pre>{@code
 * try (WorkerPool pool = WorkerPool.create()) {
 *     List<Integer> lengths = pool.map(words, String::length);
 * }
 * }</pre>
 */
public final class WorkerPool implements ExecutorService {
    /** How many workers have a process each; of more, many share one. */
    public static final int PROCESSES_MAX = 128;

    // What is cut into so many pieces for each worker evens out.
    private static final int CHUNKS_PER_WORKER = 4;
    private static final int FAILED_STARTS_MAX = 5;
    private static final int KILLED_STARTS_MAX = 100;
    private static final int SIGNAL_EXIT = 128;
    private static final int SHARE_OF_TASKS = 2;
    private static final int SHARE_OF_RESULT = 4;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

    private final int workers;
    private final DDict<Object, Object> dict;
    private final PoolChannels channels;
    private final PoolBoard board;
    private final ProcessGroup group;
    private final PoolFunctions functions;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    // For the thread that hands out results.
    private long startsSeen;
    private long endsAtStart;

    private WorkerPool(Builder settings) {
        workers = settings.workers;
        int processes = settings.processes();
        dict = DDict.create(DDictConfig.builder()
                .name("pool-" + UUID.randomUUID())
                .totalMemory(settings.memory)
                .build());
        channels = PoolChannels.over(dict);
        functions = new PoolFunctions(dict);
        long memory = settings.memory.bytes();
        board = new PoolBoard(channels, memory / SHARE_OF_TASKS, this::look);
        ProcessGroup.Builder members =
                ProcessGroup.builder()
                        .restart(true)
                        .ignoreErrorOnExit(true)
                        .policy(settings.policy);
        for (int process = 0; process < processes; process++) {
            int own = workers / processes + (process < workers % processes ? 1 : 0);
            PoolWorker worker = new PoolWorker(
                    dict.serialize(), own, settings.retries, settings.tasksPerWorker,
                    (int) Math.min(Integer.MAX_VALUE, memory / SHARE_OF_RESULT),
                    settings.initializer);
            members.add(
                    1,
                    ProcessTemplate.of(worker)
                            .jvmOptions(settings.jvmOptions.toArray(String[]::new)));
        }
        group = members.build();
        board.start();
        boolean started = false;
        try {
            group.start();
            started = true;
        } finally {
            if (!started) {
                terminate();
            }
        }
    }

    /** A worker for each CPU that this program may use. */
    public static WorkerPool create() {
        return builder().create();
    }

    /** So many workers: processes of their own up to {@link #PROCESSES_MAX}, else many in a process. */
    public static WorkerPool create(int workers) {
        return builder().workers(workers).create();
    }

    /** To say more. */
    public static Builder builder() {
        return new Builder();
    }

    /** How many workers there are. */
    public int workers() {
        return workers;
    }

    /**
     * Applies a function to each argument, and returns the results in the order of the arguments.
     *
     * @throws PoolTaskException of the first argument that failed, when all have ended
     * @throws WorkerLostException if workers died of it
     */
    public <T, R> List<R> map(
            Collection<? extends T> arguments, PoolFunction<? super T, ? extends R> function) {
        return map(arguments, function, chunkSize(arguments.size()));
    }

    /** The same with so many arguments at a time for a worker. */
    public <T, R> List<R> map(
            Collection<? extends T> arguments,
            PoolFunction<? super T, ? extends R> function,
            int chunkSize) {
        return join(mapAsync(arguments, function, chunkSize));
    }

    /** As {@link #map}, without waiting for the results. */
    public <T, R> CompletableFuture<List<R>> mapAsync(
            Collection<? extends T> arguments, PoolFunction<? super T, ? extends R> function) {
        return mapAsync(arguments, function, chunkSize(arguments.size()));
    }

    /** The same with so many arguments at a time for a worker. */
    public <T, R> CompletableFuture<List<R>> mapAsync(
            Collection<? extends T> arguments,
            PoolFunction<? super T, ? extends R> function,
            int chunkSize) {
        Published published = publish(function, chunkSize);
        List<T> all = new ArrayList<>(arguments);
        PoolMap<R> job = new PoolMap<>(all.size());
        var _ = job.future().whenComplete((result, failure) -> functions.release(published));
        for (int first = 0; first < all.size(); first += chunkSize) {
            List<T> chunk = all.subList(first, Math.min(all.size(), first + chunkSize));
            board.post(job, first, chunk.size(), published.number(), encoded(chunk));
        }
        return job.future();
    }

    /** As {@link #map}, of pairs of arguments. */
    public <A, B, R> List<R> starmap(
            Collection<? extends Map.Entry<? extends A, ? extends B>> pairs,
            PoolBiFunction<? super A, ? super B, ? extends R> function) {
        List<Object[]> arguments = new ArrayList<>(pairs.size());
        pairs.forEach(each -> arguments.add(new Object[]{each.getKey(), each.getValue()}));
        PoolFunction<Object[], R> unpacked = unpacking(function);
        return map(arguments, unpacked);
    }

    @SuppressWarnings("unchecked") // The pairs are of these types.
    private static <A, B, R> PoolFunction<Object[], R> unpacking(
            PoolBiFunction<? super A, ? super B, ? extends R> function) {
        return pair -> function.apply((A) pair[0], (B) pair[1]);
    }

    /**
     * Applies a function to each argument, one at a time, and gives the results in the order of the
     * arguments as they come. Arguments are asked for ahead of results, as far as the pool's memory goes.
     * The iterator throws what {@link #map} throws; it is for one thread.
     */
    public <T, R> Iterator<R> imap(
            Iterable<? extends T> arguments, PoolFunction<? super T, ? extends R> function) {
        return stream(arguments, function, 1, true);
    }

    /** The same with so many arguments at a time for a worker. */
    public <T, R> Iterator<R> imap(
            Iterable<? extends T> arguments,
            PoolFunction<? super T, ? extends R> function,
            int chunkSize) {
        return stream(arguments, function, chunkSize, true);
    }

    /** As {@link #imap}, in the order in which results come. */
    public <T, R> Iterator<R> imapUnordered(
            Iterable<? extends T> arguments, PoolFunction<? super T, ? extends R> function) {
        return stream(arguments, function, 1, false);
    }

    /** The same with so many arguments at a time for a worker. */
    public <T, R> Iterator<R> imapUnordered(
            Iterable<? extends T> arguments,
            PoolFunction<? super T, ? extends R> function,
            int chunkSize) {
        return stream(arguments, function, chunkSize, false);
    }

    private <T, R> Iterator<R> stream(
            Iterable<? extends T> arguments,
            PoolFunction<? super T, ? extends R> function,
            int chunkSize,
            boolean ordered) {
        Published published = publish(function, chunkSize);
        PoolStream<R> job = new PoolStream<>(ordered, () -> functions.release(published));
        Thread.ofVirtual().name("ddict-pool-imap")
                .start(() -> feed(job, arguments, published.number(), chunkSize));
        return job;
    }

    private <T> void feed(
            PoolStream<?> job, Iterable<? extends T> arguments, long function, int chunkSize) {
        RuntimeException failure = null;
        try {
            int first = 0;
            for (Iterator<? extends T> each = arguments.iterator(); each.hasNext();) {
                List<T> chunk = new ArrayList<>(chunkSize);
                while (chunk.size() < chunkSize && each.hasNext()) {
                    chunk.add(each.next());
                }
                byte[] payload = encoded(chunk);
                job.posting(chunk.size());
                board.post(job, first, chunk.size(), function, payload);
                first += chunk.size();
            }
        } catch (RuntimeException e) {
            failure = e;
        }
        job.ended(failure);
    }

    private Published publish(PoolFunction<?, ?> function, int chunkSize) {
        requireOpen();
        if (chunkSize < 1) {
            throw new IllegalArgumentException("chunk size below 1: chunkSize=" + chunkSize);
        }
        return functions.use(serialized(function));
    }

    /** A quarter of a worker's share, as what takes long and what does not evens out. */
    private int chunkSize(int tasks) {
        return Math.max(1, Math.ceilDiv(tasks, CHUNKS_PER_WORKER * workers));
    }

    /** Does a task, some time. */
    public <T> CompletableFuture<T> submit(PoolTask<T> task) {
        return post(task);
    }

    /** Does a task, some time; then calls one of two functions of this program. */
    public <T> void submit(
            PoolTask<T> task, Consumer<? super T> onResult, Consumer<? super Throwable> onError) {
        var _ = this.<T>post(task).whenComplete((result, failure) -> {
            if (failure == null) {
                onResult.accept(result);
            } else {
                onError.accept(failure);
            }
        });
    }

    /** Does an action, some time. */
    public CompletableFuture<?> submit(PoolAction action) {
        return post(action);
    }

    /**
     * Does a task, some time.
     *
     * @throws IllegalArgumentException if it is not serializable
     */
    @Override
    public <T> CompletableFuture<T> submit(Callable<T> task) {
        return post(task);
    }

    @Override
    public <T> CompletableFuture<T> submit(Runnable action, T result) {
        return post(action).thenApply(nothing -> result);
    }

    @Override
    public CompletableFuture<?> submit(Runnable action) {
        return post(action);
    }

    @Override
    public void execute(Runnable action) {
        var _ = post(action);
    }

    private <T> CompletableFuture<T> post(Object task) {
        Objects.requireNonNull(task, "task");
        requireOpen();
        if (!(task instanceof Serializable)) {
            throw new IllegalArgumentException(
                    "task cannot travel, as it is not serializable: class="
                            + task.getClass().getName() + "; make it a PoolTask or PoolAction");
        }
        PoolMap<T> job = new PoolMap<>(1);
        board.post(job, 0, 1, PoolChunk.NO_FUNCTION, serialized(task));
        return job.future().thenApply(List::getFirst);
    }

    @Override
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
            throws InterruptedException {
        return invokeAll(tasks, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    @Override
    public <T> List<Future<T>> invokeAll(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException {
        List<CompletableFuture<T>> futures = new ArrayList<>();
        for (Callable<T> each : tasks) {
            futures.add(post(each));
        }
        try {
            Object _ = CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                    .get(timeout, unit);
        } catch (ExecutionException e) {
            // Whoever looks at the future finds it.
        } catch (TimeoutException e) {
            futures.forEach(each -> each.cancel(true));
        }
        return List.copyOf(futures);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks)
            throws InterruptedException, ExecutionException {
        try {
            return invokeAny(tasks, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new ExecutionException(e);
        }
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (tasks.isEmpty()) {
            throw new IllegalArgumentException("no tasks");
        }
        CompletableFuture<T> first = new CompletableFuture<>();
        List<CompletableFuture<T>> futures = new ArrayList<>();
        for (Callable<T> each : tasks) {
            CompletableFuture<T> future = post(each);
            futures.add(future);
            var _ = future.thenAccept(first::complete);
        }
        var _ = CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .whenComplete((nothing, failure) -> {
                    if (failure != null) {
                        first.completeExceptionally(failure);
                    }
                });
        return first.get(timeout, unit);
    }

    // Workers that end by themselves before they have begun will not do better the next time; those that
    // are killed may.
    private void look() {
        long ends = group.restartCount();
        if (board.started() != startsSeen) {
            startsSeen = board.started();
            endsAtStart = ends;
        } else if (ends - endsAtStart >= failedStartsMax()) {
            board.fail(
                    new WorkerLostException(
                            "workers end before they have begun: ends=" + (ends - endsAtStart)
                                    + "; look at what they wrote, and at the initializer"));
        }
    }

    private long failedStartsMax() {
        List<ProcessGroup.Inactive> ends = group.inactive();
        boolean killed = !ends.isEmpty() && ends.getLast().exitCode() > SIGNAL_EXIT;
        return killed ? KILLED_STARTS_MAX : FAILED_STARTS_MAX;
    }

    /** Takes no more tasks; workers end when what was given is done. Returns at once. */
    @Override
    public void shutdown() {
        if (closing.compareAndSet(false, true)) {
            Thread.ofVirtual().name("ddict-pool-end").start(() -> {
                try {
                    boolean _ = board.awaitIdle(Duration.ofDays(365));
                    end(false);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    /** Ends the workers; what was not done fails with a {@code CancellationException}. */
    public void terminate() {
        closing.set(true);
        board.fail(new CancellationException("pool was terminated"));
        try {
            end(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void end(boolean now) throws InterruptedException {
        if (ended.getCount() == 0) {
            return;
        }
        try {
            group.stopRestart();
            if (now) {
                group.kill();
            } else {
                channels.tasks().destroy();
            }
            group.join(END_TIMEOUT);
        } catch (DDictException | IllegalStateException e) {
            // They do not end by themselves, or the node service has ended, and they with it.
            tryKill();
        } finally {
            closeChannels();
            ended.countDown();
        }
    }

    private void tryKill() {
        try {
            group.kill();
        } catch (DDictException e) {
            // Nobody is left who could.
        }
    }

    private void closeChannels() throws InterruptedException {
        board.close();
        try {
            dict.destroy();
        } catch (DDictException e) {
            dict.close();
        }
    }

    /** As {@link #terminate}; what was not begun cannot be told from what was. */
    @Override
    public List<Runnable> shutdownNow() {
        terminate();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return closing.get();
    }

    @Override
    public boolean isTerminated() {
        return ended.getCount() == 0;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return ended.await(timeout, unit);
    }

    private void requireOpen() {
        if (closing.get()) {
            throw new RejectedExecutionException("pool is closed: workers=" + workers);
        }
    }

    private static <R> R join(CompletableFuture<R> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static byte[] encoded(List<?> values) {
        try {
            return Payload.encode(values);
        } catch (IOException e) {
            throw cannotTravel(e);
        }
    }

    private static byte[] serialized(Object object) {
        try {
            return Report.serialized(object);
        } catch (IOException e) {
            throw cannotTravel(e);
        }
    }

    private static IllegalArgumentException cannotTravel(IOException e) {
        return new IllegalArgumentException("cannot be serialized: cause=" + e, e);
    }

    @Override
    public String toString() {
        return "pool of " + workers + " workers";
    }

    /** What a pool is like. For one thread. */
    public static final class Builder {
        private int workers = Runtime.getRuntime().availableProcessors();
        private int processes;
        private int retries = 3;
        private int tasksPerWorker;
        private ByteSize memory = ByteSize.mib(32);
        private Policy policy = Policy.ANY;
        private List<String> jvmOptions = List.of();
        private @Nullable ProcessAction initializer;

        private Builder() {}

        /** How many tasks are done at a time; as many as there are CPUs if nothing is said. */
        public Builder workers(int count) {
            workers = requirePositive("workers", count);
            return this;
        }

        /**
         * How many processes the workers are spread over. If nothing is said each has its own, but if they
         * are more than {@link WorkerPool#PROCESSES_MAX} there is a process for each CPU. Workers that
         * share a process are virtual threads of it.
         */
        public Builder processes(int count) {
            processes = requirePositive("processes", count);
            return this;
        }

        /** How often tasks are done again whose worker died of them: 3 times if nothing is said. */
        public Builder retries(int times) {
            if (times < 0) {
                throw new IllegalArgumentException("negative: retries=" + times);
            }
            retries = times;
            return this;
        }

        /** After how many chunks of tasks a worker is replaced; never if nothing is said. */
        public Builder tasksPerWorker(int count) {
            tasksPerWorker = requirePositive("tasksPerWorker", count);
            return this;
        }

        /** What each process does before its first task. */
        public Builder initializer(ProcessAction action) {
            initializer = action;
            return this;
        }

        /** Memory for tasks and results under way; 32 MiB if nothing is said. */
        public Builder memory(ByteSize size) {
            memory = size;
            return this;
        }

        /** Where the processes run. */
        public Builder policy(Policy chosen) {
            policy = chosen;
            return this;
        }

        /** Further options of the processes' JVMs. */
        public Builder jvmOptions(String... options) {
            jvmOptions = Arrays.asList(options.clone());
            return this;
        }

        /**
         * Starts the workers; does not wait until they are up.
         *
         * @throws io.ddict.client.DDictException if there is not enough shared memory, or a process cannot
         *     be started
         */
        public WorkerPool create() {
            return new WorkerPool(this);
        }

        private int processes() {
            if (processes > 0) {
                return Math.min(processes, workers);
            }
            return workers <= PROCESSES_MAX
                    ? workers
                    : Runtime.getRuntime().availableProcessors();
        }

        private static int requirePositive(String name, int count) {
            if (count < 1) {
                throw new IllegalArgumentException("below 1: " + name + "=" + count);
            }
            return count;
        }
    }
}
