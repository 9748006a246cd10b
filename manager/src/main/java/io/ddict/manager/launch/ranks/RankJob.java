package io.ddict.manager.launch.ranks;

import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/*
 * A rank:   NEW --init--> JOINED --finalize--> FINALIZED --init--> JOINED ...
 *
 * and besides, it has ended or not. The job is broken as soon as others would wait for ever:
 *
 *   JOINED and ended, or without its connection for a while   MPI_Finalize waits for all
 *   NEW and ended, while another has joined                   MPI_Init waits for all
 *   FINALIZED and ended, while another waits in a barrier
 *   something other than PMI-1 came from it, or MPI_Abort
 *
 * The ranks of one node are here. If there are others, a barrier is over when the nodes have told each other,
 * by way of the program that started the job, that all have come to it; and with it comes what the others
 * have put, as MPICH asks for that behind a barrier only. That a rank elsewhere has joined, or waits, counts
 * as if it were here.
 *
 * Ranks that never join are programs without MPI, and nobody minds. What comes of a broken job is for
 * the listener to decide: the ranks themselves look at their connection in MPI_Init and MPI_Finalize
 * only, so it cannot tell them.
 */

/** What this node's ranks of a job have said. For the server's thread. */
final class RankJob {
    /** Longest name of a key. */
    static final int KEY_LENGTH_MAX = 64;

    /** Longest value: with its key and its command it fits into a line. MPICH cuts what is longer. */
    static final int VALUE_LENGTH_MAX = 800;

    /** Keys of all ranks; MPICH has a few of each. 32,768 x 1 KiB = 32 MiB. */
    static final int KEYS_MAX = 32_768;

    /** How long the end of a process may come behind that of its connection. */
    static final Duration END_PATIENCE = Duration.ofSeconds(2);

    private static final String NAME = "ddict";
    private static final String MAPPING = "PMI_process_mapping";
    private static final String SPAWN_COUNT = "totspawns=";
    private static final String SPAWN_NUMBER = "spawnssofar=";
    private static final String SUCCESS = " rc=0 msg=success";

    private final RankListener listener;
    private final List<Rank> ranks = new ArrayList<>();
    private final Map<String, Integer> secrets = new HashMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final int here;
    private Map<String, String> newKeys = new LinkedHashMap<>();
    private RanksNews elsewhere = RanksNews.NOTHING;
    private int waiting;
    private boolean broken;

    private enum State {
        NEW, JOINED, FINALIZED
    }

    private static final class Rank {
        private final int number;
        private final int kind;
        private State state = State.NEW;
        private boolean hasConnected;
        private @Nullable RankConnection connection;
        private boolean waits;
        private boolean spawns;
        private String spawnCount = "";
        private String spawnNumber = "";
        private boolean aborts;
        private boolean ended;
        private int exitCode = RankListener.NO_EXIT_CODE;
        private long lostNs;

        private Rank(int number, int kind) {
            this.number = number;
            this.kind = kind;
        }

        private boolean isLost() {
            return state == State.JOINED && connection == null && !ended;
        }
    }

    /** A job whose ranks here are known by their secrets. */
    RankJob(RanksOrder order, Map<Integer, String> secrets, RankListener listener) {
        this.listener = listener;
        this.here = secrets.size();
        for (int i = 0; i < order.count(); i++) {
            ranks.add(new Rank(i, order.kinds().get(i)));
        }
        secrets.forEach((rank, secret) -> this.secrets.put(secret, rank));
        String mapping = ProcessMapping.of(order.nodes());
        if (mapping.length() <= VALUE_LENGTH_MAX) {
            keys.put(MAPPING, mapping);
        } // Else MPICH tells nodes by their host names.
    }

    private boolean isWhole() {
        return here == ranks.size();
    }

    /** Takes a line. */
    void take(RankConnection from, String line) throws PmiException {
        if (from.rank() == RankConnection.UNNAMED) {
            name(from, line);
            return;
        }
        Rank rank = ranks.get(from.rank());
        if (rank.aborts) {
            return;
        }
        if (rank.waits) {
            throw new PmiException("request came within a barrier");
        }
        if (rank.spawns) {
            takeSpawn(rank, from, line);
        } else {
            answer(rank, from, PmiLine.parse(line));
        }
    }

    private void name(RankConnection from, String secret) throws PmiException {
        Integer number = secrets.get(secret);
        if (number == null || ranks.get(number).hasConnected) {
            throw new PmiException("no rank's secret");
        }
        Rank rank = ranks.get(number);
        rank.hasConnected = true;
        rank.connection = from;
        from.name(number);
    }

    private void answer(Rank rank, RankConnection from, PmiLine line) throws PmiException {
        switch (line.command()) {
            case "init" -> init(rank, from, line);
            case "get_maxes" -> from.send(
                    "cmd=maxes kvsname_max=64 keylen_max=" + KEY_LENGTH_MAX + " vallen_max="
                            + VALUE_LENGTH_MAX);
            case "get_appnum" -> from.send("cmd=appnum appnum=" + rank.kind);
            case "get_universe_size" -> from.send("cmd=universe_size size=" + ranks.size());
            case "get_my_kvsname" -> from.send("cmd=my_kvsname kvsname=" + NAME);
            case "put" -> from.send("cmd=put_result" + put(line));
            case "get" -> from.send("cmd=get_result" + get(line));
            case "barrier_in" -> enterBarrier(rank);
            case "finalize" -> finish(rank, from);
            case "abort" -> abort(rank, line);
            case "spawn" -> rank.spawns = true;
            case "publish_name" -> from.send("cmd=publish_result" + refusal("not supported"));
            case "unpublish_name" -> from.send("cmd=unpublish_result" + refusal("not supported"));
            case "lookup_name" -> from.send("cmd=lookup_result" + refusal("not supported"));
            default -> throw new PmiException("unknown command: command=" + line.command());
        }
    }

    private static String refusal(String cause) {
        return " rc=-1 msg=" + cause.replace(' ', '_');
    }

    private void init(Rank rank, RankConnection from, PmiLine line) throws PmiException {
        boolean isKnown = line.number("pmi_version") == 1;
        from.send(
                "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=" + (isKnown ? 0 : -1));
        if (isKnown) {
            boolean isFirst = !someJoined();
            rank.state = State.JOINED;
            checkAbsent();
            if (isFirst) {
                tellOthers();
            }
        }
    }

    private boolean someJoined() {
        return ranks.stream().anyMatch(each -> each.state == State.JOINED);
    }

    private String put(PmiLine line) throws PmiException {
        String key = line.text("key");
        String value = line.text("value");
        if (!line.text("kvsname").equals(NAME)) {
            return refusal("no such key space");
        }
        if (key.length() > KEY_LENGTH_MAX || value.length() > VALUE_LENGTH_MAX) {
            return refusal("key or value too long");
        }
        // MPICH's are; and so their length is what they take in a frame.
        if (!isAscii(key) || !isAscii(value)) {
            return refusal("key or value is not ASCII");
        }
        if (keys.size() >= KEYS_MAX && !keys.containsKey(key)) {
            return refusal("too many keys");
        }
        keys.put(key, value);
        if (!isWhole()) {
            newKeys.put(key, value);
        }
        return SUCCESS;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(each -> each < 0x80);
    }

    private String get(PmiLine line) throws PmiException {
        String value = keys.get(line.text("key"));
        return value == null || !line.text("kvsname").equals(NAME)
                ? refusal("no such key") + " value=unknown"
                : SUCCESS + " value=" + value;
    }

    private void enterBarrier(Rank rank) {
        rank.waits = true;
        waiting++;
        if (waiting == ranks.size()) {
            leaveBarrier();
            return;
        }
        checkAbsent();
        if (waiting == 1 || waiting == here) {
            tellOthers();
        }
    }

    private void tellOthers() {
        if (isWhole()) {
            return;
        }
        boolean met = waiting == here;
        listener.onNews(
                new RanksNews(someJoined(), waiting > 0, met, met ? newKeys : Map.of()));
        if (met) {
            newKeys = new LinkedHashMap<>();
        }
    }

    /** The ranks on other nodes have come to this. */
    void tell(RanksNews news) {
        elsewhere = news;
        keys.putAll(news.keys());
        if (news.met()) {
            leaveBarrier();
        }
        checkAbsent();
    }

    private void leaveBarrier() {
        waiting = 0;
        for (Rank each : ranks) {
            each.waits = false;
        }
        for (Rank each : ranks) {
            leaveBarrier(each.connection);
        }
    }

    private void leaveBarrier(@Nullable RankConnection connection) {
        try {
            if (connection != null) {
                connection.send("cmd=barrier_out");
            }
        } catch (PmiException e) {
            violated(connection, e);
        }
    }

    private void finish(Rank rank, RankConnection from) throws PmiException {
        rank.state = State.FINALIZED;
        from.send("cmd=finalize_ack");
        if (!someJoined()) {
            tellOthers();
        }
    }

    // No answer: MPICH would go on in the user's program.
    private void abort(Rank rank, PmiLine line) throws PmiException {
        rank.aborts = true;
        listener.onAbort(rank.number, line.number("exitcode"));
    }

    // Requests for several executables come one after the other, and get one answer.
    private static void takeSpawn(Rank rank, RankConnection from, String line)
            throws PmiException {
        if (line.equals("endcmd")) {
            rank.spawns = false;
            if (rank.spawnNumber.equals(rank.spawnCount)) {
                from.send("cmd=spawn_result" + refusal("not supported"));
            }
        } else if (line.startsWith(SPAWN_COUNT)) {
            rank.spawnCount = line.substring(SPAWN_COUNT.length());
        } else if (line.startsWith(SPAWN_NUMBER)) {
            rank.spawnNumber = line.substring(SPAWN_NUMBER.length());
        }
    }

    /** A connection sent what it must not, and is closed. */
    void violated(RankConnection from, PmiException error) {
        int number = from.rank();
        from.close();
        disconnected(from);
        if (number != RankConnection.UNNAMED) {
            breakUp(ranks.get(number), "does not speak PMI-1: " + error.getMessage());
        }
    }

    /** A connection has ended. */
    void disconnected(RankConnection from) {
        if (from.rank() != RankConnection.UNNAMED) {
            Rank rank = ranks.get(from.rank());
            rank.connection = null;
            rank.lostNs = System.nanoTime();
        }
    }

    /** A process has ended; what it sent was taken. */
    void ended(int number, int exitCode) {
        Rank rank = ranks.get(number);
        rank.ended = true;
        rank.exitCode = exitCode;
        if (rank.aborts) {
            breakUp(rank, "called MPI_Abort");
        } else if (rank.state == State.JOINED) {
            breakUp(rank, "ended without MPI_Finalize");
        } else {
            checkAbsent();
        }
    }

    private void checkAbsent() {
        boolean someJoined = elsewhere.joined() || someJoined();
        boolean someWait = elsewhere.waits() || waiting > 0;
        for (Rank each : ranks) {
            if (each.ended && each.state == State.NEW && someJoined) {
                breakUp(each, "ended without MPI_Init");
            } else if (each.ended && someWait) {
                breakUp(each, "ended while others wait for it in a barrier");
            }
        }
    }

    /** The connection of a rank; null if there is none. */
    @Nullable RankConnection connection(int number) {
        return ranks.get(number).connection;
    }

    /** Whether {@link #look} is to be called in a while. */
    boolean awaitsEnds() {
        return !broken && ranks.stream().anyMatch(Rank::isLost);
    }

    /** Looks for ranks whose connection ended, but whose process did not follow. */
    void look(long nowNs) {
        for (Rank each : ranks) {
            if (each.isLost() && nowNs - each.lostNs > END_PATIENCE.toNanos()) {
                breakUp(each, "closed its connection without MPI_Finalize");
            }
        }
    }

    private void breakUp(Rank rank, String cause) {
        if (!broken) {
            broken = true;
            listener.onBroken(rank.number, rank.exitCode, cause);
        }
    }

    /** The server has failed. */
    void failed(Throwable error) {
        if (!broken) {
            broken = true;
            listener.onBroken(
                    RankConnection.UNNAMED, RankListener.NO_EXIT_CODE,
                    "server of the ranks failed: " + error);
        }
    }
}
