package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.DictionaryOrder;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.Seat;
import io.ddict.manager.cluster.ClusterState;
import io.ddict.store.pool.PoolStatus;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/*
 * A dictionary is made by the service that a client asks, which then answers for it; the others that it is
 * spread over make their parts when this one asks them. Once all parts are there, all services of the
 * cluster get to know it. So nobody finds one that is half made.
 */

/** The dictionaries of a cluster, as one of its services sees them. Safe from any thread. */
final class Dictionaries {
    private static final System.Logger LOGGER = System.getLogger(Dictionaries.class.getName());
    private static final long NOT_RESTORED = -1;
    private static final Duration PART_TIMEOUT = Duration.ofHours(1);
    private static final long CHANGES_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);

    private final ClusterDirectory directory;
    private final String cluster;
    private final Nodes nodes;
    // What this service has of each dictionary.
    private final Map<String, Dictionary> parts = new ConcurrentHashMap<>();
    // Those of several nodes that this service was asked about as a whole.
    private final Map<String, SpreadDictionary> spread = new ConcurrentHashMap<>();
    // Names that are being made or destroyed here; guarded by itself.
    private final Set<String> changing = new HashSet<>();
    private boolean closed;
    private volatile long leaseDeadlineNs = PoolStatus.NO_LEASE;

    Dictionaries(ClusterDirectory directory, String cluster, Nodes nodes) {
        this.directory = directory;
        this.cluster = cluster;
        this.nodes = nodes;
    }

    /**
     * Makes a dictionary, or takes over one that was kept; an empty name stands for a generated one.
     *
     * @throws DDictException with status UNAVAILABLE if there are not as many nodes
     */
    DictionaryLocation create(DictionaryOrder wanted) throws IOException {
        DictionaryOrder order =
                wanted.name().isEmpty()
                        ? wanted.named("dict-" + UUID.randomUUID().toString().substring(0, 8))
                        : wanted;
        PartsInMaking parts = new PartsInMaking(order, nodes.self());
        boolean complete = false;
        try {
            createAll(order, nodes.choose(order.nodes()), parts);
            if (order.nodes() > 1) {
                SpreadDictionary whole =
                        spread(parts.location(), parts.calls(), order.disk().restoreFrom());
                if (order.disk().goesOn() && parts.takenOver()) {
                    whole.restoreNewest();
                }
                spread.put(order.name(), whole);
            }
            nodes.enter(parts.location());
            complete = true;
            return parts.location();
        } finally {
            if (!complete) {
                spread.remove(order.name());
                parts.discard();
            }
        }
    }

    private void createAll(DictionaryOrder order, List<Integer> members, PartsInMaking parts)
            throws IOException {
        parts.add(createPart(order), part(order.name()));
        long hashSeed = local(order.name()).keyRule().hashSeed();
        for (int number = 1; number < members.size(); number++) {
            int member = members.get(number);
            DictionaryOrder each = order.part(number, hashSeed);
            try (DataInputStream answer =
                    nodes.connection(member).call(Request.PART, PART_TIMEOUT, out -> {
                        out.writeByte(Request.CREATE.ordinal());
                        each.write(out);
                    })) {
                parts.add(
                        DictionaryLocation.read(answer),
                        proxy(member, order.name(), true));
            }
        }
        parts.requireAlike();
    }

    /** Makes this service's part of a dictionary, which is all of one on a single node. */
    DictionaryLocation createPart(DictionaryOrder order) throws IOException {
        DictionarySettings settings = DictionarySettings.of(order);
        String name = settings.name();
        take(name);
        try {
            if (parts.containsKey(name)) {
                throw nodes.find(name) == null
                        ? beingChanged(name)
                        : new IllegalArgumentException(
                                "a dictionary of this name exists: name=" + name);
            }
            Dictionary made = Dictionary.create(directoryOf(settings), settings);
            made.renewLease(leaseDeadlineNs);
            parts.put(name, made);
            return location(made);
        } finally {
            release(name);
        }
    }

    private DictionaryDirectory directoryOf(DictionarySettings settings) throws IOException {
        return settings.restartable()
                ? KeptDirectory.take(cluster, settings)
                : directory.createDictionary(settings.name());
    }

    private DictionaryLocation location(Dictionary part) {
        return new DictionaryLocation(
                part.name(),
                nodes.self(),
                part.poolDirectories().stream().map(path -> nodes.seat(path.toString())).toList(),
                part.keyRule().placement(),
                part.isTakenOver());
    }

    /**
     * Where a dictionary is.
     *
     * @throws DestroyedException if there is none of the name
     */
    DictionaryLocation locate(String name) {
        DictionaryLocation known = nodes.find(name);
        if (known == null) {
            throw missing(name);
        }
        return known.by(nodes.self());
    }

    /** This service's part of a dictionary, or null. */
    @Nullable Dictionary find(String name) {
        return parts.get(name);
    }

    /**
     * This service's part of a dictionary.
     *
     * @throws DestroyedException if it has none
     */
    Dictionary local(String name) {
        Dictionary part = parts.get(name);
        if (part == null) {
            throw missing(name);
        }
        return part;
    }

    /** Calls on this service's part alone. */
    DictionaryCalls part(String name) {
        return new LocalPart(this, name, false);
    }

    /**
     * Calls on a dictionary as a whole, whichever service answers for it: that of its first manager, or if
     * that has ended of the next one.
     */
    DictionaryCalls whole(String name) {
        DictionaryLocation location = locate(name);
        List<Integer> members = location.seats().stream().map(Seat::member).distinct().toList();
        int answering = members.stream()
                .filter(nodes::isAlive)
                .findFirst()
                .orElseThrow(() -> new ManagerLostException(
                        "all nodes of the dictionary have ended: dictionary=" + name));
        if (answering != nodes.self()) {
            return proxy(answering, name, false);
        }
        return members.size() == 1
                ? new LocalPart(this, name, true)
                : spread.compute(name, (_, known) -> known != null && known.isAt(location)
                        ? known
                        : spread(location, parts(name, members), NOT_RESTORED));
    }

    private SpreadDictionary spread(
            DictionaryLocation location, List<DictionaryCalls> all, long shown) {
        return new SpreadDictionary(location, all, shown, () -> forget(location.name()));
    }

    // Those of nodes that are silent throw until these have come back.
    private List<DictionaryCalls> parts(String name, List<Integer> members) {
        return members.stream()
                .map(member -> member == nodes.self() ? part(name) : proxy(member, name, true))
                .toList();
    }

    private DictionaryCalls proxy(int member, String name, boolean isPart) {
        return new DictionaryCallsProxy(
                () -> nodes.connection(member), () -> nodes.isAlive(member), name, isPart);
    }

    /** Lets clients use this service's parts until a time; see {@link io.ddict.manager.cluster.Duties}. */
    void renewLease(long deadlineNs) {
        leaseDeadlineNs = deadlineNs;
        parts.values().forEach(part -> part.renewLease(deadlineNs));
    }

    /**
     * Notes which parts there are, before this service comes back to the cluster; see {@link
     * io.ddict.manager.cluster.Duties}.
     */
    Consumer<ClusterState> returning() {
        Map<String, Dictionary> owned = Map.copyOf(parts);
        return state -> owned.forEach((name, part) -> {
            if (!state.hasSeat(name, nodes.self()) && parts.remove(name, part)) {
                spread.remove(name);
                Thread.ofVirtual().name("ddict-give-up").start(() -> giveUp(part));
            }
        });
    }

    // The others destroyed it, or made another of its name, while they took this service for dead. It may be
    // that they kept theirs.
    private static void giveUp(Dictionary part) {
        LOGGER.log(
                System.Logger.Level.WARNING,
                "part of a dictionary is given up, which was destroyed while this node was cut off or"
                        + " stopped: dictionary="
                        + part.name());
        try {
            part.destroy(part.isRestartable());
        } catch (IOException e) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "files of a dictionary cannot be removed: dictionary=" + part.name(), e);
        }
    }

    /** Names of all dictionaries, in order. */
    List<String> names() {
        return nodes.names();
    }

    private void forget(String name) {
        nodes.remove(name);
        spread.remove(name);
    }

    // All of a dictionary is gone before its name can be used again. If the others cannot be told of that,
    // the caller tries again: then there may be nothing more to do than that.
    private void destroyPart(String name, boolean keep, boolean isWhole) throws IOException {
        take(name);
        try {
            Dictionary dictionary = isWhole ? parts.get(name) : local(name);
            if (dictionary != null) {
                if (keep) {
                    dictionary.requireRestartable();
                }
                parts.remove(name);
            }
            try {
                if (dictionary != null) {
                    dictionary.destroy(keep);
                }
            } finally {
                if (isWhole) {
                    forget(name);
                }
            }
        } finally {
            release(name);
        }
    }

    // Restoring and destroying may take long; others are not to wait for that.
    private void take(String name) {
        boolean taken;
        synchronized (changing) {
            taken = !closed && changing.add(name);
        }
        if (!taken) {
            throw beingChanged(name);
        }
    }

    private static DDictException beingChanged(String name) {
        return new DDictException(
                DDictException.Status.UNAVAILABLE,
                "a dictionary of this name is being made or destroyed, or the service"
                        + " ends: name="
                        + name
                        + "; try again when that has ended");
    }

    private void release(String name) {
        synchronized (changing) {
            changing.remove(name);
            changing.notifyAll();
        }
    }

    /** Makes and destroys none from now on, and waits a little for those that are being made. */
    void refuse() {
        long endNs = System.nanoTime() + CHANGES_TIMEOUT_NS;
        synchronized (changing) {
            closed = true;
            try {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
                // One that is being made would make files where others are just removed.
                while (!changing.isEmpty() && leftMs > 0) {
                    changing.wait(leftMs);
                    leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends this service's parts. */
    void close() {
        parts.values().forEach(Dictionary::close);
    }

    static DestroyedException missing(String name) {
        return new DestroyedException("no such dictionary, or destroyed: dictionary=" + name);
    }

    /**
     * What this service has of a dictionary.
     *
     * @param isWhole whether that is all of it
     */
    private record LocalPart(Dictionaries owner, String name, boolean isWhole)
            implements
                DictionaryCalls {
        private Dictionary part() {
            return owner.local(name);
        }

        @Override
        public void freeze() {
            part().freeze();
        }

        @Override
        public void unfreeze() {
            part().unfreeze();
        }

        @Override
        public void persist(long checkpoint) throws IOException {
            part().persistence().persist(checkpoint);
        }

        @Override
        public List<Long> persisted() throws IOException {
            return part().persistence().ids();
        }

        @Override
        public void beginRestore(long checkpoint) throws IOException {
            part().persistence().beginRestore(checkpoint);
        }

        @Override
        public void loadRestored(long checkpoint) throws IOException {
            part().persistence().loadRestored(checkpoint);
        }

        @Override
        public void endRestore(boolean keep) throws IOException {
            part().persistence().endRestore(keep);
        }

        @Override
        public void restore(long checkpoint) throws IOException {
            part().persistence().restore(checkpoint);
        }

        @Override
        public long advance() throws IOException {
            return part().persistence().advance();
        }

        @Override
        public void destroy(boolean keep) throws IOException {
            owner.destroyPart(name, keep, isWhole);
        }
    }
}
