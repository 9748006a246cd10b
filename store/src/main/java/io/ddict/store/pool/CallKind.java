package io.ddict.store.pool;

/** Kinds of call whose times are told apart; append only, as the order is the layout. */
public enum CallKind {
    /** Reads a key in place. */
    READ,
    /** Posts a write, and waits for no answer. */
    WRITE,
    /** Asks the manager, and waits for its answer. */
    REQUEST
}
