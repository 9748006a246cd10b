package io.ddict.bench.peers;

/**
 * What a store is made for: all its values have one length, all its keys {@link Keys#LENGTH} bytes.
 *
 * @param valueLength bytes of each value, at least 8
 * @param keysMax most keys at a time, of all clients together
 * @param clients client processes that use it at once
 * @param managers managers of a dictionary on each of its nodes; others take no notice
 * @param nodes nodes of a dictionary; others take no notice
 * @param tight whether the store gets no more memory than those keys take; else enough to overwrite
 *     them at full speed
 */
public record Shape(int valueLength, long keysMax, int clients, int managers, int nodes,
        boolean tight) {
    /** Checks the ranges. */
    public Shape {
        if (valueLength < Long.BYTES || keysMax < clients || clients < 1 || managers < 1
                || nodes < 1) {
            throw new IllegalArgumentException(
                    "shape out of range: valueLength=" + valueLength + "B, keysMax=" + keysMax
                            + ", clients=" + clients + ", managers=" + managers + ", nodes="
                            + nodes);
        }
    }

    /** One of a dictionary on one node. */
    public Shape(int valueLength, long keysMax, int clients, int managers, boolean tight) {
        this(valueLength, keysMax, clients, managers, 1, tight);
    }

    /** Managers of a dictionary, on all its nodes. */
    public int managersOfAll() {
        return managers * nodes;
    }

    /** Bytes of all keys and values. */
    public long contentLength() {
        return keysMax * (Keys.LENGTH + valueLength);
    }
}
