package io.ddict.bench.gups;

/** What a client does in a round. */
public enum Phase {
    /** Stores each of its own keys, none of which is there. */
    INSERT(true, false),
    /** Stores its own keys again and again, in an order that jumps about. */
    OVERWRITE(true, false),
    /** Gets keys of the hot set into new arrays. */
    GET_HOT(false, true),
    /** Gets random keys of all into new arrays. */
    GET_RANDOM(false, false),
    /** Gets keys of the hot set into its own array. */
    INTO_HOT(false, true),
    /** Gets random keys of all into its own array. */
    INTO_RANDOM(false, false),
    /** Reads the ends of values of the hot set in place. */
    VIEW_HOT(false, true),
    /** Reads the ends of random values in place. */
    VIEW_RANDOM(false, false),
    /** Stores one of its own keys and gets it into its own array. */
    PUT_GET(true, false);

    private final boolean writes;
    private final boolean hot;

    Phase(boolean writes, boolean hot) {
        this.writes = writes;
        this.hot = hot;
    }

    /** Whether it stores, so that a round ends when all is applied. */
    public boolean writes() {
        return writes;
    }

    /** Whether it keeps to the hot set. */
    public boolean isHot() {
        return hot;
    }

    /** Name in reports. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
