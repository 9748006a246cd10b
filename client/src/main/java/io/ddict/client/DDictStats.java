package io.ddict.client;

import java.util.List;
import java.util.Map;

/**
 * What a dictionary's managers count, at about the time of the call.
 *
 * @param name name of the dictionary
 * @param managers one element per manager, by its number
 */
public record DDictStats(String name, List<Manager> managers) {
    /**
     * One manager's figures.
     *
     * @param manager its number
     * @param entries keys held
     * @param entriesMax most keys
     * @param memoryLength bytes of its data file
     * @param usedBytes bytes of records and blocks in use, with rounding
     * @param freeBytes bytes free for new ones
     * @param largestFreeBytes longest free run in bytes
     * @param posted operations posted so far
     * @param applied operations applied so far
     * @param oldestCheckpoint the oldest checkpoint held
     * @param newestCheckpoint the newest checkpoint held
     * @param workingSetSize most checkpoints held at a time
     * @param frozen whether it refuses writes
     * @param lost whether it stopped at a broken invariant, and answers nobody
     * @param heartbeatAgeNs time since its last sign of life, which it gives every 50 ms
     * @param reads how long the clients' reads of it took
     * @param writes how long posting writes to it took
     * @param requests how long it took until it had answered
     * @param counters all counters by name, in lower case with dashes
     */
    public record Manager(
            int manager,
            long entries,
            long entriesMax,
            long memoryLength,
            long usedBytes,
            long freeBytes,
            long largestFreeBytes,
            long posted,
            long applied,
            long oldestCheckpoint,
            long newestCheckpoint,
            int workingSetSize,
            boolean frozen,
            boolean lost,
            long heartbeatAgeNs,
            CallTimes reads,
            CallTimes writes,
            CallTimes requests,
            Map<String, Long> counters) {
        /** How many checkpoints are held now. */
        public long checkpointsHeld() {
            return newestCheckpoint - oldestCheckpoint + 1;
        }

        /** A counter's value, or 0 if there is none of the name. */
        public long counter(String name) {
            return counters.getOrDefault(name, 0L);
        }
    }

    /** Keys held by all managers. */
    public long entries() {
        return managers.stream().mapToLong(Manager::entries).sum();
    }
}
