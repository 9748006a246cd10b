package io.ddict.client.channel;

import java.util.Map;

/**
 * Levels and counters of one shard.
 *
 * @param entries keys held
 * @param entriesMax most keys
 * @param memoryLength bytes of the data file
 * @param posted operations posted
 * @param applied operations applied
 * @param counters counters by name
 */
public record ShardFigures(
        long entries,
        long entriesMax,
        long memoryLength,
        long posted,
        long applied,
        Map<String, Long> counters) {}
