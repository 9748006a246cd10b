package io.ddict.store.pool;

/** What a manager counts in its status file; append only, as the order is the layout. */
public enum PoolCounter {
    /** Keys stored that were not there. */
    INSERTS,
    /** Values replaced. */
    OVERWRITES,
    /** Keys removed, those of clear included. */
    REMOVALS,
    /** Conditional writes whose condition did not hold. */
    CONDITIONS_FAILED,
    /** Blocks granted to clients. */
    GRANTS,
    /** Grants taken back unused, to make room. */
    GRANTS_TAKEN_BACK,
    /** Grants refused because the pool is full. */
    GRANTS_REFUSED,
    /** Operations that made no sense and were dropped: a client wrote past its bounds. */
    OPERATIONS_MALFORMED,
    /** Keys that got no hint when they were stored. */
    HINTS_MISSED,
    /** Records moved to join free space. */
    RECORDS_MOVED,
    /** Batches whose freed space had to wait for a reader's pin. */
    FREES_PINNED,
    /** Answers dropped because a client did not read them. */
    ANSWERS_DROPPED,
    /** Times the manager dozed or slept: each time may be ended by a ring. */
    RESTS,
    /** Clients linked now. */
    LINKS,
    /** Bytes of records and blocks in use, with rounding. */
    USED_BYTES,
    /** Bytes free for new records and blocks. */
    FREE_BYTES,
    /** Largest run of free bytes. */
    LARGEST_FREE_BYTES,
    /** Versions of keys, and deletion marks, that no checkpoint sees any more and that were ended. */
    VERSIONS_PRUNED,
    /** Writes that had to wait for the working set to move on. */
    WRITES_DEFERRED,
    /** Checkpoints persisted. */
    PERSISTS,
    /** Checkpoints not persisted, as too many were being persisted when they retired. */
    PERSISTS_SKIPPED,
    /** Checkpoints that could not be persisted. */
    PERSISTS_FAILED,
    /** Calls refused to clients: full, frozen, retired, future, or time over. */
    CALLS_REFUSED,
    /** Pins that readers hold now. */
    PINS,
    /** Times the manager waited for what changed to be copied to the disk. */
    COPIES_AWAITED,
    /** Times what changed could not be copied to the disk; it is tried again. */
    COPIES_FAILED,
    /** How old what the disk has is, in milliseconds; 0 where nothing is copied. */
    COPY_AGE_MS,
    /** Writes refused to clients that had used up their quota. */
    QUOTA_REFUSED,
    /** Large values moved to the disk, as memory ran short. */
    VALUES_SPILLED,
    /** Values that came back to memory, as they were read. */
    VALUES_UNSPILLED,
    /** Bytes of values that are on the disk, with rounding. */
    SPILLED_BYTES,
    /** Times values could not be written to the disk, or read; it is tried again. */
    SPILLS_FAILED,
    /** Times two clients were given a lane, to pass items of a queue without the manager. */
    LANES_OPENED
}
