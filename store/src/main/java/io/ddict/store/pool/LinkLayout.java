package io.ddict.store.pool;

/*
 * The file that one client and one manager share: what belongs to the client alone.
 *
 *   offset  field
 *   128     pins: per slot 0, or the applied position at which a reader began, plus one
 *   512     grants: per slot 0, or a block given ahead (pages << 40 | first page)
 *   640     checkpoint: the one that the client is at, where writers are waited for
 *   648     refused: how many of the client's calls were refused
 *   656     asleep: 1 if the client waits for a ring of its bell
 *   664     current: number of the one item that the client works on; 0 if it does not tell
 *   672     lane: id of the one that the client may take from, or 0
 *   680     offered: 1 if the client may ask for a lane to put into
 *   704     quota: most bytes of records that the client may have written, or 0; for the client to know
 *   712     used: bytes of records that it wrote and that are there
 *   720     refused by quota: how many of the refused calls were
 *   1024    answers: a one-to-one ring in Agrona's layout, 32 KiB and its trailer
 *   36864   held: per slot 0, or a block that the client may write into, for a successor to know
 *   45056   times: how long the client's calls took, see LatencyHistogram
 *   49152   staging: operations and small values, freed in the order they were posted
 */

/** Offsets in a client's link file. */
public final class LinkLayout {
    /** Pins a client can hold at a time, in all its threads. */
    public static final int PINS = 32;

    /** Blocks granted ahead at a time. */
    public static final int GRANTS = 8;

    /** Bytes of the answer ring, without its trailer. */
    public static final int ANSWERS_CAPACITY = 32 << 10;

    /** Where the client tells which checkpoint it is at. */
    public static final long CHECKPOINT_OFFSET = 640;

    /** Where the client counts its calls that were refused. */
    public static final long REFUSED_OFFSET = 648;

    /** Where the client tells whether it waits for a ring of its bell; the manager that rings clears it. */
    public static final long ASLEEP_OFFSET = 656;

    /** Where the client tells which item of a queue it works on. */
    public static final long CURRENT_OFFSET = 664;

    /** Where the manager tells the client which lane it may take from; 0 for none. */
    public static final long LANE_OFFSET = 672;

    /** Where the manager tells whether it is worth while to ask for a lane to put into. */
    public static final long LANE_OFFERED_OFFSET = 680;

    /** Where the manager tells the client its quota, once; 0 for none. */
    public static final long QUOTA_OFFSET = 704;

    /** Where the manager tells how much of it is used. */
    public static final long USED_OFFSET = 712;

    /** Where the client counts its calls that were refused for it. */
    public static final long QUOTA_REFUSED_OFFSET = 720;

    /** Start of the answer ring. */
    public static final long ANSWERS_OFFSET = 1024;

    /** Bytes of the trailer that Agrona's ring keeps its positions in. */
    public static final int ANSWERS_TRAILER_LENGTH = 768;

    /** Blocks that a client can hold: on offer, being written, or posted and not yet applied. */
    public static final int HELD = 1024;

    /** Start of the times of the client's calls. */
    public static final long TIMES_OFFSET = 45_056;

    /** Start of the staging ring. */
    public static final long STAGING_OFFSET = 49_152;

    /** Most requests with an answer that a client may have open: all answers fit the ring. */
    public static final int REQUESTS_MAX = 512;

    private static final long PINS_OFFSET = 128;
    private static final long GRANTS_OFFSET = 512;
    private static final long HELD_OFFSET = TIMES_OFFSET - HELD * Long.BYTES;
    private static final int GRANT_PAGES_SHIFT = 40;

    private LinkLayout() {}

    /** Length of the file. */
    public static long fileLength(int stagingLength) {
        return STAGING_OFFSET + stagingLength;
    }

    /** Offset of a pin. */
    public static long pinOffset(int pin) {
        return PINS_OFFSET + (long) pin * Long.BYTES;
    }

    /** Offset of a grant. */
    public static long grantOffset(int grant) {
        return GRANTS_OFFSET + (long) grant * Long.BYTES;
    }

    /** Offset of a slot in which the manager notes a block that the client holds. */
    public static long heldOffset(int slot) {
        return HELD_OFFSET + (long) slot * Long.BYTES;
    }

    /** The word of a granted block. */
    public static long grant(int page, int pages) {
        return (long) pages << GRANT_PAGES_SHIFT | page;
    }

    /** First page of a granted block. */
    public static int grantPage(long grant) {
        return (int) grant;
    }

    /** Pages of a granted block. */
    public static int grantPages(long grant) {
        return (int) (grant >>> GRANT_PAGES_SHIFT);
    }
}
