package io.ddict.pool;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.ProcessOrder.Rank;
import io.ddict.pool.System.Place;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * IDLE --start--> RUNNING --a member fails--> ERROR
 *   ^                |   \                      |
 *   |            all ended  --stop--> STOPPING  | all ended: join throws, start begins anew
 *   +----------------+-------------------+      v
 *
 * Each member has a virtual thread that waits for its end, and starts it again if it is to. The group
 * has ended when all of these have. All fields are the lock's.
 */

/**
 * Processes that begin and end together: members of one or several kinds. Lives in the program that made
 * it; its members end with that. Safe from any thread.
 *
 * <p>A member that ends by an exit code other than 0, by a signal or by what it threw has failed, unless
 * the group was being stopped. Then the group is in {@link State#ERROR}: the others are ended by SIGTERM,
 * two seconds later by SIGKILL, and {@link #join} throws. With {@link Builder#ignoreErrorOnExit} a failure
 * is shown by {@link #inactive} only; with {@link Builder#restart} too, and a member that ends, in whatever
 * way, is started again.
 */
public final class ProcessGroup implements AutoCloseable {
    /** How long {@link #stop()} waits after each signal. */
    public static final Duration PATIENCE_DEFAULT = Duration.ofSeconds(5);

    /** How many members that ended are remembered, the last ones. */
    public static final int INACTIVE_MAX = 4096;

    private static final Duration FAILED_PATIENCE = Duration.ofSeconds(2);
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    // A member that cannot even begin would otherwise be started hundreds of times a second.
    private static final Duration QUICK_END = Duration.ofSeconds(1);
    private static final long RESTART_PAUSE_MIN_MS = 50;
    private static final long RESTART_PAUSE_MAX_MS = 5_000;

    private final Builder settings;
    private final List<Member> members;
    private final TreeMap<Integer, Process> active = new TreeMap<>();
    private final Deque<Inactive> inactive = new ArrayDeque<>();
    private State state = State.IDLE;
    private boolean restarts;
    private boolean walltimeOver;
    private int watched;
    private long run;
    private long restartCount;
    private @Nullable RuntimeException failure;
    private @Nullable RankGroup ranks;
    private List<Place> rankPlaces = List.of();

    /** What a group does. */
    public enum State {
        /** Not started yet, or all members ended. */
        IDLE,
        /** Members run. */
        RUNNING,
        /** It is being stopped. */
        STOPPING,
        /** A member failed. */
        ERROR
    }

    /**
     * A member that ended.
     *
     * @param member its number, from 0
     * @param name name of the process
     * @param processId its number in the operating system
     * @param exitCode 128 and the signal's number if one ended it
     */
    public record Inactive(int member, String name, long processId, int exitCode) {}

    /** A member to be; the kind is the number of the call that added it. */
    private record Member(ProcessTemplate template, Policy policy, int kind) {}

    private ProcessGroup(Builder settings) {
        this.settings = settings;
        this.members = List.copyOf(settings.members);
    }

    /** To describe a group. */
    public static Builder builder() {
        return new Builder();
    }

    /** Its name; members are called by it and their number. */
    public String name() {
        return settings.name;
    }

    /** What it does now. */
    public synchronized State state() {
        return state;
    }

    /** The members that run, by their number. */
    public synchronized List<Process> active() {
        return List.copyOf(active.values());
    }

    /** The members that ended since the start, in that order; the last 4,096 of them. */
    public synchronized List<Inactive> inactive() {
        return List.copyOf(inactive);
    }

    /** How many times a member was started again. */
    public synchronized long restartCount() {
        return restartCount;
    }

    /** Whether it was stopped because its time was over. */
    public synchronized boolean isWalltimeOver() {
        return walltimeOver;
    }

    /**
     * Starts all members.
     *
     * @throws IllegalStateException if it runs; nothing was changed
     * @throws IllegalArgumentException if one cannot be started: those that were are ended
     */
    public void start() {
        synchronized (this) {
            if (watched > 0) {
                throw new IllegalStateException(
                        "group runs: group=" + name() + ", state=" + state
                                + "; join or stop it first");
            }
            state = members.isEmpty() ? State.IDLE : State.RUNNING;
            restarts = settings.restart;
            walltimeOver = false;
            restartCount = 0;
            failure = null;
            inactive.clear();
            watched = members.size();
            run++;
        }
        int started = 0;
        try {
            openRanks();
            for (; started < members.size(); started++) {
                Process _ = launch(started);
                endIfStopped(started);
            }
        } catch (RuntimeException e) {
            abandon(started);
            throw e;
        }
        for (int i = 0; i < members.size(); i++) {
            watch(i);
        }
        watchTime();
    }

    // Ranks are told where the others are before they start, so all have their places by then.
    private void openRanks() {
        if (!settings.mpi || members.isEmpty()) {
            return;
        }
        List<Place> chosen = IntStream.range(0, members.size()).mapToObj(this::place).toList();
        long thisRun = currentRun();
        RankGroup opened = RankGroup.open(
                members.stream().map(Member::kind).toList(),
                chosen.stream().map(Place::service).toList(),
                (rank, exitCode, cause) -> broken(thisRun, rank, exitCode, cause));
        synchronized (this) {
            ranks = opened;
            rankPlaces = chosen;
        }
    }

    private synchronized long currentRun() {
        return run;
    }

    private Place place(int member) {
        Member what = members.get(member);
        Policy policy = what.policy().over(what.template().policy()).over(settings.policy)
                .over(settings.scoped);
        return settings.system().place(policy, member, members.size());
    }

    private void closeRanks() {
        assert Thread.holdsLock(this);
        if (ranks != null) {
            ranks.close();
            ranks = null;
        }
    }

    private Process launch(int member) {
        ProcessTemplate template = members.get(member).template().name(memberName(member));
        Process process = settings.mpi
                ? launchRank(template, member)
                : System.start(template, place(member), Rank.NONE);
        synchronized (this) {
            active.put(member, process);
        }
        return process;
    }

    private Process launchRank(ProcessTemplate template, int member) {
        Place place;
        Rank rank;
        synchronized (this) {
            place = rankPlaces.get(member);
            rank = java.util.Objects.requireNonNull(ranks).rank(member);
        }
        return System.start(template, place, rank);
    }

    private String memberName(int member) {
        return settings.name + "-" + member;
    }

    /** Ends those that were started before one could not be. */
    private void abandon(int started) {
        List<Process> left = active();
        signal(left, Process.SIGKILL);
        left.forEach(ProcessGroup::awaitKilled);
        synchronized (this) {
            active.clear();
            closeRanks();
            watched = 0;
            state = State.IDLE;
            notifyAll();
        }
        assert left.size() == started;
    }

    private static void awaitKilled(Process process) {
        try {
            ProcessEnd _ = process.await(FAILED_PATIENCE);
        } catch (ManagerLostException | DDictTimeoutException e) {
            // More cannot be done.
        }
    }

    private void watch(int member) {
        Thread.ofVirtual().name("ddict-member-" + memberName(member)).start(() -> {
            try {
                runMember(member);
            } catch (RuntimeException e) {
                forget(member);
                fail(e);
            } finally {
                unwatch();
            }
        });
    }

    private synchronized void forget(int member) {
        active.remove(member);
    }

    private void runMember(int member) {
        long pauseMs = RESTART_PAUSE_MIN_MS;
        while (true) {
            Process process;
            synchronized (this) {
                process = java.util.Objects.requireNonNull(active.get(member));
            }
            long startNs = java.lang.System.nanoTime();
            ProcessEnd end = process.await(FOR_EVER);
            if (!ended(member, process, end)) {
                return;
            }
            // One that somebody killed might do well the next time.
            boolean isQuick =
                    java.lang.System.nanoTime() - startNs < QUICK_END.toNanos()
                            && end.signal() == 0;
            pauseMs = isQuick ? Math.min(pauseMs * 2, RESTART_PAUSE_MAX_MS) : RESTART_PAUSE_MIN_MS;
            if (!pause(pauseMs)) {
                return;
            }
            Process _ = launch(member);
            endIfStopped(member);
        }
    }

    /** Notes the end of a member; whether it is to be started again. */
    private boolean ended(int member, Process process, ProcessEnd end) {
        RuntimeException failed = null;
        synchronized (this) {
            active.remove(member);
            inactive.add(
                    new Inactive(member, process.name(), process.processId(), end.exitCode()));
            if (inactive.size() > INACTIVE_MAX) {
                inactive.removeFirst();
            }
            if (state == State.RUNNING && restarts) {
                restartCount++;
                return true;
            }
            RemoteFailure thrown = Report.failure(end.report());
            if (!settings.ignoreErrorOnExit && !settings.restart
                    && (end.exitCode() != 0 || thrown != null)) {
                failed = new ProcessFailedException(
                        "member of a group failed: group=" + name() + ", member=" + member
                                + ", process=" + process + ", exitCode=" + end.exitCode()
                                + (thrown == null ? "" : ", thrown=" + thrown.getMessage()),
                        end.exitCode(),
                        thrown);
            }
        }
        if (failed != null) {
            fail(failed);
        }
        return false;
    }

    private synchronized boolean pause(long pauseMs) {
        awaitLocked(() -> state != State.RUNNING || !restarts, Duration.ofMillis(pauseMs));
        return state == State.RUNNING && restarts;
    }

    // One that is started when the group is being stopped, or has failed, has missed its signals.
    private void endIfStopped(int member) {
        Process late;
        synchronized (this) {
            late = state == State.RUNNING ? null : active.get(member);
        }
        if (late != null) {
            boolean _ = late.kill();
        }
    }

    /** Ranks would wait for ever, so they are ended even if errors are ignored. */
    private void broken(long thisRun, int rank, int exitCode, String cause) {
        if (currentRun() != thisRun) {
            return;
        }
        if (!settings.ignoreErrorOnExit) {
            fail(new ProcessFailedException(
                    "MPI group cannot go on: group=" + name() + ", member=" + rank
                            + ", exitCode=" + exitCode + ", cause=" + cause,
                    exitCode,
                    null));
        } else if (state() == State.RUNNING) {
            endFailed(beginStop());
        }
    }

    /** The first failure ends the group; later ones follow from that. */
    private void fail(RuntimeException error) {
        long thisRun;
        synchronized (this) {
            if (state != State.RUNNING) {
                return;
            }
            state = State.ERROR;
            failure = error;
            thisRun = run;
            notifyAll();
        }
        endFailed(thisRun);
    }

    private void endFailed(long thisRun) {
        Thread.ofVirtual().name("ddict-group-" + name()).start(
                () -> escalate(thisRun, FAILED_PATIENCE, Process.SIGTERM, Process.SIGKILL));
    }

    private synchronized void unwatch() {
        watched--;
        if (watched == 0) {
            closeRanks();
        }
        if (watched == 0 && state != State.ERROR) {
            state = State.IDLE;
        }
        notifyAll();
    }

    private void watchTime() {
        Duration walltime = settings.walltime;
        if (walltime == null) {
            return;
        }
        long thisRun;
        synchronized (this) {
            thisRun = run;
        }
        Thread.ofVirtual().name("ddict-walltime-" + name()).start(() -> {
            synchronized (this) {
                if (awaitLocked(() -> isOver(thisRun), walltime)) {
                    return;
                }
                walltimeOver = true;
            }
            stop();
        });
    }

    /** Waits for the ends of all members, however long; see {@link #join(Duration)}. */
    public void join() {
        join(FOR_EVER);
    }

    /**
     * Waits for the ends of all members. Returns at once if it is not running.
     *
     * @throws DDictTimeoutException if members still run; nothing was changed
     * @throws ProcessFailedException if a member failed; the first that did, with its cause
     */
    public void join(Duration timeout) {
        RuntimeException failed;
        synchronized (this) {
            if (!awaitEnd(timeout)) {
                throw new DDictTimeoutException(
                        "group still runs: group=" + name() + ", state=" + state + ", active="
                                + active.size() + ", timeout=" + timeout.toMillis() + "ms");
            }
            failed = failure;
        }
        if (failed instanceof ProcessFailedException member) {
            throw new ProcessFailedException(
                    String.valueOf(member.getMessage()), member.exitCode(), member.getCause());
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Lets members that end from now on be ended. */
    public synchronized void stopRestart() {
        restarts = false;
        notifyAll();
    }

    /** Sends a signal to every member that runs. */
    public void signal(int signal) {
        signal(active(), signal);
    }

    private static void signal(List<Process> members, int signal) {
        for (Process each : members) {
            try {
                boolean _ = each.signal(signal);
            } catch (ManagerLostException e) {
                // It has ended with its node's service; the others are to hear of it all the same.
            }
        }
    }

    /** Asks every member to end, by SIGTERM, and lets none be started again. */
    public void terminate() {
        long _ = beginStop();
        signal(Process.SIGTERM);
    }

    /** Ends every member, by SIGKILL, and lets none be started again. */
    public void kill() {
        long _ = beginStop();
        signal(Process.SIGKILL);
    }

    /** Ends it; see {@link #stop(Duration)}. */
    public void stop() {
        stop(PATIENCE_DEFAULT);
    }

    /**
     * Ends all members and waits for that: by SIGINT, those that still run by SIGTERM, and those by
     * SIGKILL. Nothing happens if it is not running. How they end is no failure.
     *
     * @param patience how long it waits after each signal
     */
    public void stop(Duration patience) {
        escalate(beginStop(), patience, Process.SIGINT, Process.SIGTERM, Process.SIGKILL);
    }

    /** Returns which run it is. */
    private synchronized long beginStop() {
        restarts = false;
        if (state == State.RUNNING) {
            state = State.STOPPING;
        }
        notifyAll();
        return run;
    }

    // Once all have ended, the group may be started again, and its new members are not meant.
    private void escalate(long thisRun, Duration patience, int... signals) {
        for (int signal : signals) {
            List<Process> meant;
            synchronized (this) {
                if (isOver(thisRun)) {
                    return;
                }
                meant = List.copyOf(active.values());
            }
            signal(meant, signal);
            synchronized (this) {
                if (awaitLocked(() -> isOver(thisRun), patience)) {
                    return;
                }
            }
        }
    }

    private boolean isOver(long thisRun) {
        assert Thread.holdsLock(this);
        return watched == 0 || run != thisRun;
    }

    /** Stops it, if it runs; what members failed is told by {@link #join} only. */
    @Override
    public void close() {
        stop();
    }

    private boolean awaitEnd(Duration timeout) {
        return awaitLocked(() -> watched == 0, timeout);
    }

    /** Waits with the lock held; false if it did not come about in time. */
    private boolean awaitLocked(java.util.function.BooleanSupplier condition, Duration timeout) {
        assert Thread.holdsLock(this);
        long endNs = java.lang.System.nanoTime()
                + (timeout.compareTo(FOR_EVER) < 0 ? timeout : FOR_EVER).toNanos();
        try {
            while (!condition.getAsBoolean()) {
                long leftNs = endNs - java.lang.System.nanoTime();
                if (leftNs <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictTimeoutException("interrupted: group=" + name());
        }
    }

    @Override
    public String toString() {
        return name();
    }

    /** Describes a group. For one thread. */
    public static final class Builder {
        private final List<Member> members = new ArrayList<>();
        private String name = "group-" + UUID.randomUUID().toString().substring(0, 8);
        private boolean restart;
        private boolean ignoreErrorOnExit;
        private boolean mpi;
        private int kinds;
        private @Nullable Duration walltime;
        private Policy policy = Policy.ANY;
        private Policy scoped = Policy.ANY;
        private @Nullable System system;

        private Builder() {}

        private Builder(Builder other) {
            members.addAll(other.members);
            name = other.name;
            restart = other.restart;
            ignoreErrorOnExit = other.ignoreErrorOnExit;
            mpi = other.mpi;
            walltime = other.walltime;
            policy = other.policy;
            system = other.system;
            scoped = Policy.scoped();
        }

        /** Adds so many members of a kind. */
        public Builder add(int count, ProcessTemplate template) {
            if (count < 0) {
                throw new IllegalArgumentException("count of members is negative: count=" + count);
            }
            members.addAll(
                    Collections.nCopies(count, new Member(template, Policy.ANY, kinds++)));
            return this;
        }

        /** Adds a member for each policy, such as {@link System#gpuPolicies}; it goes before others. */
        public Builder add(List<Policy> policies, ProcessTemplate template) {
            int kind = kinds++;
            policies.forEach(each -> members.add(new Member(template, each, kind)));
            return this;
        }

        /** Name of the group; generated unless set. */
        public Builder name(String chosen) {
            name = chosen;
            return this;
        }

        /** Starts members again that end, until the group is stopped. */
        public Builder restart(boolean chosen) {
            restart = chosen;
            return this;
        }

        /** Goes on if a member fails. */
        public Builder ignoreErrorOnExit(boolean chosen) {
            ignoreErrorOnExit = chosen;
            return this;
        }

        /**
         * Makes every member a rank of one MPI job, in the order they were added: MPI_COMM_WORLD is the
         * group. For executables of the MPICH family, which speak PMI-1; one without MPI just runs.
         *
         * <p>A rank that ends without MPI_Finalize, calls MPI_Abort, or ends without MPI_Init while
         * others call it, leaves others that would wait for ever: they are ended as after a failure,
         * also if errors are ignored. {@link ProcessGroup#join} then throws {@link
         * ProcessFailedException} with the rank and the cause, unless errors are ignored. Ranks cannot be
         * restarted, and the group starts no further ones (MPI_Comm_spawn is an error in the rank).
         *
         * <p>{@link ProcessGroup#start} throws {@link IllegalArgumentException} if there are more than
         * 1,024 members, or the node has no bash.
         */
        public Builder mpi(boolean chosen) {
            mpi = chosen;
            return this;
        }

        /** Stops the group after some time; join then returns as after {@link #stop}. */
        public Builder walltime(Duration chosen) {
            walltime = chosen;
            return this;
        }

        /** Policy of all members, behind those of their templates. */
        public Builder policy(Policy chosen) {
            policy = chosen;
            return this;
        }

        /** Where it runs; in this program's system unless set. */
        public Builder system(System chosen) {
            system = chosen;
            return this;
        }

        private System system() {
            System chosen = system;
            return chosen != null ? chosen : System.current();
        }

        /**
         * The group, which is not started.
         *
         * @throws IllegalArgumentException if it is both an MPI group and to be restarted
         */
        public ProcessGroup build() {
            if (mpi && restart) {
                throw new IllegalArgumentException(
                        "ranks of an MPI group cannot be restarted: group=" + name
                                + "; start the whole group again after join");
            }
            return new ProcessGroup(new Builder(this));
        }
    }
}
