package io.ddict.manager.cluster.raft;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.LeaderElection;
import org.apache.ratis.server.RaftServerConfigKeys.Log;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.apache.ratis.server.RaftServerConfigKeys.Snapshot;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/*
 * Sized for a few changes a minute, where Ratis' own figures are for gigabytes: what a peer takes is bounded
 * by (bytes, at most)
 *
 *   log files       two segments of 1 MiB, and the entries since the last snapshot (1,024 x 16 KiB = 16 MiB)
 *   snapshots       two images of the machine
 *   heap            the entries since the last snapshot, the answers of the last 10 s
 *   direct memory   a write buffer of 512 KiB
 */

/** What a peer's Ratis is told. */
final class PeerProperties {
    private static final SizeInBytes SEGMENT_LENGTH = SizeInBytes.valueOf(1 << 20);
    private static final SizeInBytes PREALLOCATED_LENGTH = SizeInBytes.valueOf(64 << 10);
    // The longest entry has some 40 KiB: 16 KiB of properties, a name, and 4,096 seats.
    private static final SizeInBytes MESSAGE_LENGTH = SizeInBytes.valueOf(256 << 10);
    private static final SizeInBytes BUFFER_LENGTH = SizeInBytes.valueOf(512 << 10);
    private static final long SNAPSHOT_ENTRIES = 1024;
    private static final int SNAPSHOTS_KEPT = 2;
    private static final int PURGE_GAP = 256;
    private static final Duration ANSWERS_KEPT = Duration.ofSeconds(10);
    private static final Duration FOR_EVER = Duration.ofDays(10_000);
    private static final Duration ALONE = Duration.ofMillis(2);
    private static final int SERVER_THREADS_MAX = 8;

    private PeerProperties() {}

    static RaftProperties of(RaftSettings settings, boolean isFirst) {
        RaftProperties properties = new RaftProperties();
        RaftConfigKeys.Rpc.setType(properties, new LinkedRpcType());
        RaftServerConfigKeys.setStorageDir(properties, List.of(settings.directory().toFile()));
        setTimes(properties, settings.electionTimeout(), isFirst);
        setLog(properties);
        return properties;
    }

    private static void setTimes(RaftProperties properties, Duration election, boolean isFirst) {
        TimeDuration shortest = time(election);
        TimeDuration longest = time(election.multipliedBy(2));
        Rpc.setTimeoutMin(properties, shortest);
        Rpc.setTimeoutMax(properties, longest);
        // Who is alone need not wait for the word of another.
        Rpc.setFirstElectionTimeoutMin(properties, isFirst ? time(ALONE) : shortest);
        Rpc.setFirstElectionTimeoutMax(
                properties, isFirst ? time(ALONE.multipliedBy(2)) : longest);
        Rpc.setRequestTimeout(properties, longest);
        RaftServerConfigKeys.setStagingTimeout(properties, time(election.multipliedBy(6)));
        LeaderElection.setLeaderStepDownWaitTime(properties, longest);
        // Ratis ends a server that was stopped for a minute. Ours may be all that a cluster has.
        RaftServerConfigKeys.setCloseThreshold(properties, time(FOR_EVER));
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, time(ANSWERS_KEPT));
    }

    private static void setLog(RaftProperties properties) {
        Log.setSegmentSizeMax(properties, SEGMENT_LENGTH);
        Log.setPreallocatedSize(properties, PREALLOCATED_LENGTH);
        Log.setWriteBufferSize(properties, BUFFER_LENGTH);
        Log.Appender.setBufferByteLimit(properties, MESSAGE_LENGTH);
        Log.setSegmentCacheNumMax(properties, 2);
        Log.setPurgeGap(properties, PURGE_GAP);
        Log.setPurgeUptoSnapshotIndex(properties, true);
        Snapshot.setAutoTriggerEnabled(properties, true);
        Snapshot.setAutoTriggerThreshold(properties, SNAPSHOT_ENTRIES);
        Snapshot.setCreationGap(properties, 1);
        Snapshot.setRetentionFileNum(properties, SNAPSHOTS_KEPT);
        Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.ThreadPool.setClientSize(properties, SERVER_THREADS_MAX);
    }

    private static TimeDuration time(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
