package io.ddict.client;

import io.ddict.client.codec.Codecs;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a dictionary is made. Immutable; made by its {@link Builder}, which checks everything together.
 *
 * @param name name within the cluster; empty for a generated one
 * @param managersPerNode managers, so shards, on each node; fixed for life
 * @param nodes nodes it is spread over; fixed for life
 * @param totalMemory memory of all managers together, index included
 * @param entriesMax most keys, or versions of keys, in all managers together; 0 derives it from the
 *     memory
 * @param fullThreshold share of a manager's memory for data at which its writes are refused
 * @param clientQuota most bytes of records that one attachment may have at one manager; null for no quota
 * @param spillPath where large values may be moved to as memory runs short; null if they may not
 * @param spillSize most bytes of them there, of all managers together; null if they may not
 * @param workingSetSize most checkpoints that a manager holds at a time
 * @param waitForKeys whether a checkpoint retires only when its keys exist in the next one
 * @param waitForWriters whether a checkpoint retires only when its writers have gone on
 * @param persister what keeps persisted checkpoints; empty for none
 * @param persistPath where it keeps them
 * @param persistFrequency every so many checkpoints one is persisted as it retires; 0 for none
 * @param persistCount most persisted checkpoints that are kept; 0 for all
 * @param restoreFrom persisted checkpoint to begin with; {@link #NOT_RESTORED} for none
 * @param readOnly whether it only shows what was persisted
 * @param restartable whether its memory may outlive its node service
 * @param durability what it has on a disk
 * @param durabilityWindow what may be lost at most of a dictionary that is durable continuously
 * @param timeout longest wait of a blocking call on the creator's handle
 * @param codecs how keys and values become bytes on the creator's handle
 * @param placement which manager a key goes to; null leaves it to the key's hash
 * @param hashSeed of the key hash; null for one that is drawn
 */
public record DDictConfig(
        String name,
        int managersPerNode,
        int nodes,
        ByteSize totalMemory,
        long entriesMax,
        double fullThreshold,
        @Nullable ByteSize clientQuota,
        @Nullable Path spillPath,
        @Nullable ByteSize spillSize,
        int workingSetSize,
        boolean waitForKeys,
        boolean waitForWriters,
        String persister,
        Path persistPath,
        int persistFrequency,
        int persistCount,
        long restoreFrom,
        boolean readOnly,
        boolean restartable,
        Durability durability,
        Duration durabilityWindow,
        Duration timeout,
        Codecs codecs,
        @Nullable Placement placement,
        @Nullable Long hashSeed) {
    /** Memory of a dictionary whose maker names none. */
    public static final ByteSize TOTAL_MEMORY_DEFAULT = ByteSize.mib(256);

    /** Least memory of one manager. */
    public static final ByteSize MANAGER_MEMORY_MIN = ByteSize.mib(4);

    /** Least room on the disk of one manager whose large values may be moved there. */
    public static final ByteSize MANAGER_SPILL_MIN = ByteSize.mib(1);

    /** Most of it. */
    public static final ByteSize MANAGER_SPILL_MAX = ByteSize.gib(4096);

    /** What may be lost at most of a dictionary that is durable continuously, unless its maker says. */
    public static final Duration DURABILITY_WINDOW_DEFAULT = Duration.ofSeconds(1);

    /** Least time that can be promised of a dictionary that is durable continuously. */
    public static final Duration DURABILITY_WINDOW_MIN = Duration.ofMillis(100);

    /** Stands for "begin empty". */
    public static final long NOT_RESTORED = -1;

    /** Most nodes of one dictionary. */
    public static final int NODES_MAX = 4096;

    // As text of a frame: at most 3 bytes each, of 64 KiB.
    private static final int PLACEMENT_NAME_MAX = 1_000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** Whether a dictionary that is ended may be kept, in memory or on a disk. */
    boolean outlivesItsService() {
        return restartable || durability == Durability.CONTINUOUS;
    }

    /** Starts with the defaults: one manager, one node, 256 MiB, 10 s, codecs by type. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the settings; not thread-safe. */
    public static final class Builder {
        private String name = "";
        private int managersPerNode = 1;
        private int nodes = 1;
        private ByteSize totalMemory = TOTAL_MEMORY_DEFAULT;
        private long entriesMax;
        private double fullThreshold = PoolLimits.FULL_THRESHOLD_DEFAULT;
        private @Nullable ByteSize clientQuota;
        private @Nullable Path spillPath;
        private @Nullable ByteSize spillSize;
        private int workingSetSize = 1;
        private boolean waitForKeys;
        private boolean waitForWriters;
        private String persister = "";
        private Path persistPath = Path.of("");
        private int persistFrequency;
        private int persistCount;
        private long restoreFrom = NOT_RESTORED;
        private boolean readOnly;
        private boolean restartable;
        private Durability durability = Durability.NONE;
        private Duration durabilityWindow = DURABILITY_WINDOW_DEFAULT;
        private Duration timeout = AttachOptions.DEFAULTS.timeout();
        private Codecs codecs = AttachOptions.DEFAULTS.codecs();
        private @Nullable Placement placement;
        private @Nullable Long hashSeed;

        private Builder() {}

        /** Names it; needed to find it again. Letters, digits, dot, dash, underscore; at most 64. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        /**
         * Managers per node, 1 to 256. Each applies some 2.5 million small writes a second, on a core of its
         * own, and has its part of the memory; reads need none.
         */
        public Builder managersPerNode(int managersPerNode) {
            this.managersPerNode = managersPerNode;
            return this;
        }

        /**
         * Nodes, 1 or more; that of the program is the first of them. Creating it is refused if the cluster
         * has fewer.
         */
        public Builder nodes(int nodes) {
            this.nodes = nodes;
            return this;
        }

        /** Memory of all managers together, at least 4 MiB for each. */
        public Builder totalMemory(ByteSize totalMemory) {
            this.totalMemory = totalMemory;
            return this;
        }

        /**
         * Most keys in all managers together. By default one for every 512 bytes of memory: set it
         * higher for smaller entries. Each costs some 45 bytes of index, used or not. With a working
         * set of several checkpoints each version of a key counts, and costs 32 bytes more.
         */
        public Builder entriesMax(long entriesMax) {
            this.entriesMax = entriesMax;
            return this;
        }

        /**
         * Share of the memory for records at which a manager refuses writes, above 0 and at most 1; 0.95
         * unless set. Lower it where reads, compaction or a burst of removals need air. What can be on its
         * way is held back in any case, so that what was accepted fits: 1 leaves it at that.
         */
        public Builder fullThreshold(double fullThreshold) {
            this.fullThreshold = fullThreshold;
            return this;
        }

        /**
         * Most memory of each manager that one attachment, and so mostly one process, may fill: what it wrote
         * last and is still there, with headers and rounding. Its writes beyond are refused with a {@link
         * DDictFullException}; others go on. A record that is overwritten counts for who overwrote it, and
         * no longer for anybody once its writer has closed its handle or ended. No quota unless set; costs 4
         * bytes an entry in the node service.
         */
        public Builder clientQuota(ByteSize clientQuota) {
            this.clientQuota = clientQuota;
            return this;
        }

        /**
         * Lets large values be moved to a disk when memory runs short, those first that were not read or
         * written of late; so the dictionary holds more than its memory. Nothing else changes: every call
         * sees the values as before, and reads one on the disk in place, through the system's cache of
         * files. Values that were read come back when a quarter of the memory is free. A value is large if
         * it and its key have more than 4 KiB; others stay in memory, as every key does, with some 50 bytes
         * of its value. Writers wait, up to their timeout, where the disk is slower than they are.
         *
         * <p>What is on the disk goes with the dictionary, and with the machine: this is no {@link
         * #durability}. In the node service it costs 3 bytes for each KiB of the size.
         *
         * @param directory where each manager makes its file, named {@code ddict-*.spill}; made if it is
         *     not there, on each node
         * @param size most bytes of values there, of all managers together; at least 1 MiB for each. The
         *     disk must have them when the dictionary is made; they are taken as values are moved
         */
        public Builder spill(Path directory, ByteSize size) {
            this.spillPath = directory.toAbsolutePath();
            this.spillSize = size;
            return this;
        }

        /**
         * Checkpoints that each manager holds at a time, 1 to 1,024: with more than one, reads at an
         * older checkpoint see what was there, and each keeps its own version of a key that is put again.
         */
        public Builder workingSetSize(int workingSetSize) {
            this.workingSetSize = workingSetSize;
            return this;
        }

        /**
         * Lets values belong to their checkpoint, unless {@link DDict#putPersistent put to carry over}:
         * reads wait for a key that its checkpoint does not have yet, and the oldest checkpoint retires
         * only when each of its keys exists in the next one.
         */
        public Builder waitForKeys(boolean waitForKeys) {
            this.waitForKeys = waitForKeys;
            return this;
        }

        /** Lets the oldest checkpoint retire only when all who wrote at it have gone on, or ended. */
        public Builder waitForWriters(boolean waitForWriters) {
            this.waitForWriters = waitForWriters;
            return this;
        }

        /**
         * What keeps persisted checkpoints: {@code posix} for files in a directory, or the name of a
         * persister of one's own in the node service.
         */
        public Builder persister(String persister) {
            this.persister = persister;
            return this;
        }

        /** Directory that persisted checkpoints lie under; the working directory by default. */
        public Builder persistPath(Path persistPath) {
            this.persistPath = persistPath;
            return this;
        }

        /** Persists every so many checkpoints as they retire; 0, the default, persists none by itself. */
        public Builder persistFrequency(int persistFrequency) {
            this.persistFrequency = persistFrequency;
            return this;
        }

        /** Most persisted checkpoints that are kept: the oldest are removed. By default all are kept. */
        public Builder persistCount(int persistCount) {
            this.persistCount = persistCount;
            return this;
        }

        /** Begins with a persisted checkpoint of a dictionary of this name, with as many managers. */
        public Builder restoreFrom(long restoreFrom) {
            this.restoreFrom = restoreFrom;
            return this;
        }

        /** Only shows what was persisted: {@link #restoreFrom} first, and others by {@link DDict#advance}. */
        public Builder readOnly(boolean readOnly) {
            this.readOnly = readOnly;
            return this;
        }

        /**
         * Lets the dictionary outlive its node service in this machine's memory. If one of this name was
         * kept, by a service that ended in whatever way or by {@link DDict#destroy(boolean)}, it is taken
         * over with every value that was accepted, and the creator's handle is at its newest checkpoint;
         * it must have been made with the same settings. Else it begins empty. So the same program goes
         * on where it was ended. What is kept takes memory until {@link DDict#destroy()}, {@code ddict
         * forget} or the machine's next start.
         */
        public Builder restartable(boolean restartable) {
            this.restartable = restartable;
            return this;
        }

        /**
         * Keeps the dictionary on a disk, under {@link #persistPath}, so that who creates one of its name,
         * path and durability again goes on with it. See {@link Durability}.
         */
        public Builder durability(Durability durability) {
            this.durability = durability;
            return this;
        }

        /**
         * With {@link Durability#CONTINUOUS}: everything that was applied longer ago than this is on the
         * disk. A disk that is too slow for that makes writers wait. 100 ms or more; a second unless set.
         */
        public Builder durabilityWindow(Duration durabilityWindow) {
            this.durabilityWindow = durabilityWindow;
            return this;
        }

        /** Longest wait of a blocking call; {@link Duration#ZERO} does not wait. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** How keys and values become bytes; needed for records and classes of one's own. */
        public Builder codecs(Codecs codecs) {
            this.codecs = codecs;
            return this;
        }

        /**
         * Chooses where keys are, instead of their hash. All who attach need the same, see {@link
         * Placement}. Memory and {@link #entriesMax} are split evenly between the managers all the same.
         */
        public Builder placement(Placement placement) {
            this.placement = placement;
            return this;
        }

        /**
         * Makes it parallel to a dictionary: as many managers, and each key at the manager of the same
         * number, so that {@link DDict#synchronise} can fill one from the other. Sets {@link
         * #managersPerNode}, {@link #nodes} and {@link #placement}.
         */
        public Builder parallelTo(DDict<?, ?> dict) {
            this.managersPerNode = dict.managers();
            this.nodes = 1;
            this.placement = ShardedDDict.placement(dict);
            this.hashSeed = ShardedDDict.hashSeed(dict);
            return this;
        }

        /**
         * The configuration.
         *
         * @throws IllegalArgumentException naming every setting that is out of range
         */
        public DDictConfig build() {
            List<String> violations = new ArrayList<>();
            check(violations, name.isEmpty() || NAME.matcher(name).matches(),
                    "name has other characters than letters, digits, '.', '-', '_', or over 64 of"
                            + " them: name=" + name);
            check(violations, managersPerNode >= 1 && managersPerNode <= 256,
                    "managersPerNode is not in 1..256: managersPerNode=" + managersPerNode);
            check(violations, nodes >= 1 && nodes <= NODES_MAX,
                    "nodes is not in 1.." + NODES_MAX + ": nodes=" + nodes);
            check(violations, !timeout.isNegative(), "timeout is negative: timeout=" + timeout);
            check(violations, entriesMax >= 0, "entriesMax is negative: entriesMax=" + entriesMax);
            check(violations, PoolLimits.isShare(fullThreshold),
                    "fullThreshold is not above 0 and at most 1: fullThreshold=" + fullThreshold);
            check(violations, clientQuota == null || clientQuota.bytes() > 0,
                    "clientQuota is not positive: clientQuota=" + clientQuota);
            checkWorkingSet(violations);
            checkPersistence(violations);
            checkRestart(violations);
            checkDurability(violations);
            checkMemory(violations);
            checkPlacement(violations);
            if (!violations.isEmpty()) {
                throw new IllegalArgumentException(
                        "configuration refused: " + String.join("; ", violations));
            }
            return new DDictConfig(
                    name,
                    managersPerNode,
                    nodes,
                    totalMemory,
                    entriesMax,
                    fullThreshold,
                    clientQuota,
                    spillPath,
                    spillSize,
                    workingSetSize,
                    waitForKeys,
                    waitForWriters,
                    chosenPersister(),
                    persistPath.toAbsolutePath(),
                    chosenFrequency(),
                    persistCount,
                    restoreFrom,
                    readOnly,
                    restartable,
                    durability,
                    durabilityWindow,
                    timeout,
                    codecs,
                    placement,
                    hashSeed);
        }

        private void checkWorkingSet(List<String> violations) {
            check(violations, workingSetSize >= 1 && workingSetSize <= WorkingSet.SIZE_MAX,
                    "workingSetSize is not in 1.." + WorkingSet.SIZE_MAX + ": workingSetSize="
                            + workingSetSize);
            check(violations, workingSetSize >= 2 || !waitForKeys && !waitForWriters,
                    "to wait for keys or writers needs a workingSetSize of 2 or more: workingSetSize="
                            + workingSetSize + ", waitForKeys=" + waitForKeys
                            + ", waitForWriters=" + waitForWriters);
        }

        private String chosenPersister() {
            return persister.isEmpty() && durability == Durability.CHECKPOINT
                    ? "posix"
                    : persister;
        }

        private int chosenFrequency() {
            return persistFrequency == 0 && durability == Durability.CHECKPOINT
                    ? 1
                    : persistFrequency;
        }

        private void checkPersistence(List<String> violations) {
            boolean persists = !chosenPersister().isEmpty();
            int frequency = chosenFrequency();
            check(violations, frequency >= 0,
                    "persistFrequency is negative: persistFrequency=" + frequency);
            check(violations, persistCount >= 0,
                    "persistCount is negative: persistCount=" + persistCount);
            check(violations,
                    restoreFrom >= NOT_RESTORED && restoreFrom <= WorkingSet.CHECKPOINT_MAX,
                    "restoreFrom is not in 0.." + WorkingSet.CHECKPOINT_MAX + ": restoreFrom="
                            + restoreFrom);
            check(violations,
                    persists || frequency == 0 && restoreFrom == NOT_RESTORED && !readOnly,
                    "persistFrequency, restoreFrom and readOnly need a persister: persistFrequency="
                            + frequency + ", restoreFrom=" + restoreFrom + ", readOnly="
                            + readOnly);
            check(violations, !persists || !name.isEmpty(),
                    "what is persisted needs a name to be found again: persister="
                            + chosenPersister());
            check(violations,
                    !readOnly
                            || restoreFrom != NOT_RESTORED
                                    && frequency == 0
                                    && workingSetSize == 1,
                    "readOnly needs restoreFrom, a workingSetSize of 1 and no persistFrequency:"
                            + " restoreFrom=" + restoreFrom + ", workingSetSize=" + workingSetSize
                            + ", persistFrequency=" + frequency);
        }

        private void checkRestart(List<String> violations) {
            check(violations, !restartable || !name.isEmpty() && restoreFrom == NOT_RESTORED,
                    "restartable needs a name to be found again, and no restoreFrom, which would"
                            + " replace what was kept: name=" + name + ", restoreFrom="
                            + restoreFrom);
        }

        private void checkDurability(List<String> violations) {
            check(violations,
                    durability == Durability.NONE || !name.isEmpty() && restoreFrom == NOT_RESTORED,
                    "durability needs a name to be found again, and no restoreFrom, as it goes on with"
                            + " the newest: durability=" + durability + ", name=" + name
                            + ", restoreFrom=" + restoreFrom);
            check(violations,
                    durability != Durability.CONTINUOUS
                            || workingSetSize == 1 && persister.isEmpty() && !restartable,
                    "continuous durability is for a workingSetSize of 1, without a persister, and not"
                            + " restartable: workingSetSize=" + workingSetSize + ", persister="
                            + persister + ", restartable=" + restartable);
            check(violations,
                    durabilityWindow.compareTo(DURABILITY_WINDOW_MIN) >= 0
                            && durabilityWindow.compareTo(Duration.ofDays(1)) <= 0,
                    "durabilityWindow is not in " + DURABILITY_WINDOW_MIN + "..PT24H:"
                            + " durabilityWindow=" + durabilityWindow);
        }

        private void checkMemory(List<String> violations) {
            long managers = Math.max(1, (long) managersPerNode * nodes);
            long each = totalMemory.bytes() / managers;
            check(violations, each >= MANAGER_MEMORY_MIN.bytes(),
                    "totalMemory is less than " + MANAGER_MEMORY_MIN + " a manager: totalMemory="
                            + totalMemory + ", managers=" + managers + ", each=" + each + "B");
            long spill = spillSize == null
                    ? MANAGER_SPILL_MIN.bytes()
                    : spillSize.bytes() / managers;
            check(violations,
                    spill >= MANAGER_SPILL_MIN.bytes() && spill <= MANAGER_SPILL_MAX.bytes(),
                    "spillSize is not " + MANAGER_SPILL_MIN + " to " + MANAGER_SPILL_MAX
                            + " a manager: spillSize=" + spillSize + ", managers=" + managers
                            + ", each=" + spill + "B");
        }

        private void checkPlacement(List<String> violations) {
            Placement chosen = placement;
            if (chosen != null) {
                String given = chosen.name();
                boolean isLambda =
                        chosen.getClass().isHidden() && given.equals(chosen.getClass().getName());
                check(violations,
                        !given.isEmpty() && given.length() <= PLACEMENT_NAME_MAX && !isLambda
                                && chosen != UnknownPlacement.UNKNOWN,
                        "placement has no name that other processes know; it is a class, or has a"
                                + " name() of 1 to " + PLACEMENT_NAME_MAX + " letters: name="
                                + given);
            }
        }

        private static void check(List<String> violations, boolean holds, String violation) {
            if (!holds) {
                violations.add(violation);
            }
        }
    }
}
