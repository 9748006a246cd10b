package io.ddict.manager.serving;

/** What an applier asks of its manager in the middle of a batch. */
interface Upkeep {
    /** Joins free space a little for a block of so many pages; whether anything was moved. */
    boolean compactFor(int pages);

    /** Gives back what was given up so far, and tells clients what there is room for. */
    void endBatch();
}
