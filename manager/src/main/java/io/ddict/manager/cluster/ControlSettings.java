package io.ddict.manager.cluster;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How a control group behaves. Who founds it decides; who joins takes over all but the directory.
 *
 * @param directory where this node's log is kept: node-local, private, made if it is not there; what an
 *     earlier control group left in it is removed
 * @param heartbeat between two beats of a member, by default 500 ms
 * @param lease how long a member may go on after it sent a beat that was answered, by default 3 s; at
 *     least four heartbeats
 * @param electionTimeout without a word from the leader, its peers elect another after one to two of
 *     these; by default 500 ms
 * @param peers how many keep the log: 1, 3 or 5, or 0 (the default) for a number that fits the nodes
 */
public record ControlSettings(
        Path directory, Duration heartbeat, Duration lease, Duration electionTimeout, int peers) {
    /** Unless set otherwise. */
    static final Duration HEARTBEAT_DEFAULT = Duration.ofMillis(500);

    /** Unless set otherwise. */
    static final Duration LEASE_DEFAULT = Duration.ofSeconds(3);

    /** Unless set otherwise. */
    static final Duration ELECTION_TIMEOUT_DEFAULT = Duration.ofMillis(500);

    private static final Duration HEARTBEAT_MIN = Duration.ofMillis(10);
    private static final Duration LEASE_MAX = Duration.ofMinutes(10);
    private static final int HEARTBEATS_IN_LEASE_MIN = 4;

    // A tenth is far more than clocks drift apart in a lease, which is less than a thousandth.
    private static final int MARGIN_SHARE = 10;

    // 3 peers go on without one of them, 5 without two; 1 is all that 2 nodes can have use for.
    private static final int NODES_FOR_3 = 3;
    private static final int NODES_FOR_5 = 65;

    /** With defaults. */
    public static ControlSettings in(Path directory) {
        return new ControlSettings(
                directory, Duration.ofMillis(500), Duration.ofSeconds(3), Duration.ofMillis(500),
                0);
    }

    /** Checks the ranges; all violations are reported together. */
    public ControlSettings {
        List<String> wrong = new ArrayList<>();
        if (heartbeat.compareTo(HEARTBEAT_MIN) < 0) {
            wrong.add("heartbeat=" + heartbeat.toMillis() + "ms is below 10ms");
        }
        if (lease.compareTo(heartbeat.multipliedBy(HEARTBEATS_IN_LEASE_MIN)) < 0) {
            wrong.add("lease=" + lease.toMillis() + "ms is below four heartbeats");
        }
        if (lease.compareTo(LEASE_MAX) > 0) {
            wrong.add("lease=" + lease.toMillis() + "ms is above 10 minutes");
        }
        if (electionTimeout.compareTo(HEARTBEAT_MIN) < 0 || electionTimeout.compareTo(lease) > 0) {
            wrong.add(
                    "electionTimeout="
                            + electionTimeout.toMillis()
                            + "ms is not between 10ms and the lease");
        }
        if (peers != 0 && peers != 1 && peers != 3 && peers != 5) {
            wrong.add("peers=" + peers + " is not 0, 1, 3 or 5");
        }
        if (!wrong.isEmpty()) {
            throw new IllegalArgumentException(
                    "settings out of range: " + String.join("; ", wrong));
        }
    }

    /** The same with another lease and heartbeat. */
    public ControlSettings withLease(Duration newHeartbeat, Duration newLease) {
        return new ControlSettings(directory, newHeartbeat, newLease, electionTimeout, peers);
    }

    /** The same with another number of peers. */
    public ControlSettings withPeers(int count) {
        return new ControlSettings(directory, heartbeat, lease, electionTimeout, count);
    }

    /** The same directory, and what was {@link #write written} by another node. */
    ControlSettings read(DataInputStream in) throws IOException {
        return new ControlSettings(
                directory, Duration.ofNanos(in.readLong()), Duration.ofNanos(in.readLong()),
                Duration.ofNanos(in.readLong()), in.readInt());
    }

    /** Writes what must be the same on all nodes. */
    void write(DataOutputStream out) throws IOException {
        out.writeLong(heartbeat.toNanos());
        out.writeLong(lease.toNanos());
        out.writeLong(electionTimeout.toNanos());
        out.writeInt(peers);
    }

    /** How much longer than a lease a leader waits before it takes a silent member for dead. */
    Duration margin() {
        return lease.dividedBy(MARGIN_SHARE);
    }

    /** How long one node is waited for, before another is asked. */
    Duration attempt() {
        return electionTimeout.multipliedBy(2);
    }

    /** How many peers there are to be among some living members. */
    int peersAmong(int living) {
        int wanted = peers != 0 ? peers : living >= NODES_FOR_5 ? 5 : living >= NODES_FOR_3 ? 3 : 1;
        // An even number bears no more losses than the odd one below it.
        int possible = living % 2 == 0 ? living - 1 : living;
        return Math.min(wanted, Math.max(1, possible));
    }
}
