package io.ddict.client;

/** What a dictionary has on a disk, so that it can begin with that when it is created again. */
public enum Durability {
    /** Nothing, but for checkpoints that are persisted by hand or by frequency. */
    NONE,

    /**
     * Every checkpoint, or every few, as it retires: {@link DDictConfig.Builder#persister posix} and a
     * frequency of 1 unless set otherwise. It begins with the newest that all managers have persisted.
     */
    CHECKPOINT,

    /**
     * Everything, but for what changed within the {@link DDictConfig.Builder#durabilityWindow window} before
     * its service was killed. For dictionaries of one checkpoint.
     */
    CONTINUOUS
}
