package io.ddict.store.pool;

/** How an operation ended; the number travels in answers, so the order is append only. */
public enum Status {
    /** Done. */
    OK,
    /** The key is not there. */
    ABSENT,
    /** The key is there, and the operation asked for it not to be. */
    EXISTS,
    /** The key has another version than the one expected. */
    CONFLICT,
    /** No memory, or no entry, is left. */
    FULL,
    /** The value is not of the type that the operation works on. */
    TYPE,
    /** The dictionary is read-only. */
    FROZEN,
    /** The dictionary is gone. */
    DESTROYED,
    /** The operation's bytes make no sense. */
    MALFORMED,
    /** The checkpoint is older than the oldest that is held. */
    RETIRED,
    /** The checkpoint cannot be reached yet. */
    FUTURE;

    private static final Status[] VALUES = values();

    /** The status of a number that came in an answer. */
    public static Status of(int number) {
        return number >= 0 && number < VALUES.length ? VALUES[number] : MALFORMED;
    }
}
