package io.ddict.manager.cluster.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/**
 * What a peer needs to know.
 *
 * @param group the group, the same on all its peers
 * @param directory where the log and its snapshots are kept; made if it is not there
 * @param electionTimeout the shortest time without a leader after which another is elected; the longest
 *     is twice that
 */
public record RaftSettings(UUID group, Path directory, Duration electionTimeout) {}
