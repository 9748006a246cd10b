package io.ddict.store.verify;

import java.util.List;

/**
 * What a pool holds, and what is wrong with it.
 *
 * @param entries keys held
 * @param inlineRecords records in slots of slabs
 * @param inlineBytes bytes of those slots
 * @param slabBytes bytes of the slabs that the slots lie in
 * @param blocks records with a block of their own
 * @param blockBytes bytes of those blocks, in whole pages
 * @param freeBytes reserved bytes that neither a slab nor a block of an entry takes; blocks granted
 *     or posted count as free
 * @param hints hints that are set
 * @param keysWithoutHint keys that readers must ask the manager for
 * @param posted operations published and not yet applied
 * @param violationCount how many violations were found
 * @param violations their texts, the first {@value Violations#TEXTS_MAX} of them
 */
public record PoolReport(
        long entries,
        long inlineRecords,
        long inlineBytes,
        long slabBytes,
        long blocks,
        long blockBytes,
        long freeBytes,
        long hints,
        long keysWithoutHint,
        long posted,
        long violationCount,
        List<String> violations) {
    /** Copies the list. */
    public PoolReport {
        violations = List.copyOf(violations);
    }

    /** Whether no invariant is broken. */
    public boolean isClean() {
        return violationCount == 0;
    }

    /** The counts in one line, and each violation in a line of its own. */
    public String text() {
        StringBuilder text = new StringBuilder(256)
                .append(isClean() ? "pool is clean" : "pool is damaged")
                .append(": violations=")
                .append(violationCount)
                .append(", entries=")
                .append(entries)
                .append(", inlineRecords=")
                .append(inlineRecords)
                .append(", inline=")
                .append(inlineBytes)
                .append("B, slabs=")
                .append(slabBytes)
                .append("B, blocks=")
                .append(blocks)
                .append(", blocks=")
                .append(blockBytes)
                .append("B, free=")
                .append(freeBytes)
                .append("B, hints=")
                .append(hints)
                .append(", keysWithoutHint=")
                .append(keysWithoutHint)
                .append(", posted=")
                .append(posted);
        for (String violation : violations) {
            text.append(System.lineSeparator()).append(violation);
        }
        return text.toString();
    }
}
