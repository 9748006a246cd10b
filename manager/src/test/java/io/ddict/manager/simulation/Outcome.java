package io.ddict.manager.simulation;

import java.util.Map;

/**
 * How one schedule ended.
 *
 * @param violation what went wrong, or null
 * @param hash of everything that happened, in its order
 * @param counts how often what was tried has happened, by its name
 */
public record Outcome(String violation, long hash, Map<String, Long> counts) {}
