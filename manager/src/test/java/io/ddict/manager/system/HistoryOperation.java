package io.ddict.manager.system;

/**
 * One call on one key, as its caller saw it. Values are numbers; each number is written at most once.
 *
 * @param key number of the key
 * @param thread number of the caller; it makes one call at a time
 * @param kind what was called
 * @param argument value to store, or number to add
 * @param expected for a compareAndSet, the value whose version was expected; {@link #ABSENT} for none
 * @param result what came back: a value or {@link #ABSENT}; for a compareAndSet 1 or 0
 * @param version version that came with the result, or 0
 * @param invokedNs when it was called
 * @param returnedNs when it returned; {@link #NEVER} if it did not
 */
record HistoryOperation(
        int key,
        int thread,
        Kind kind,
        long argument,
        long expected,
        long result,
        long version,
        long invokedNs,
        long returnedNs) {
    /** No value. */
    static final long ABSENT = Long.MIN_VALUE;

    /** The state after a call that cannot have had its result. */
    static final long IMPOSSIBLE = Long.MIN_VALUE + 1;

    /** The time at which a call returns that did not. */
    static final long NEVER = Long.MAX_VALUE;

    /** The calls. */
    enum Kind {
        GET,
        PUT,
        REMOVE,
        PUT_IF_ABSENT,
        COMPARE_AND_SET,
        GET_AND_ADD
    }

    boolean hasReturned() {
        return returnedNs != NEVER;
    }

    /** The key's value after this call, or {@link #IMPOSSIBLE} if it cannot have had its result. */
    long apply(long value) {
        return switch (kind) {
            case GET -> resultIs(value) ? value : IMPOSSIBLE;
            case PUT -> argument;
            case REMOVE -> resultIs(value) ? ABSENT : IMPOSSIBLE;
            case PUT_IF_ABSENT -> {
                long after = value == ABSENT ? argument : value;
                yield resultIs(value) ? after : IMPOSSIBLE;
            }
            case COMPARE_AND_SET -> {
                boolean equal = value == expected;
                long after = equal ? argument : value;
                yield resultIs(equal ? 1 : 0) ? after : IMPOSSIBLE;
            }
            case GET_AND_ADD -> {
                long before = value == ABSENT ? 0 : value;
                yield resultIs(before) ? before + argument : IMPOSSIBLE;
            }
        };
    }

    private boolean resultIs(long wanted) {
        return !hasReturned() || result == wanted;
    }

    /** As one line of text. */
    String line() {
        return key + " " + thread + " " + kind + " " + argument + " " + expected + " " + result
                + " " + version
                + " " + invokedNs + " " + returnedNs;
    }

    /** From a line of text. */
    static HistoryOperation of(String line) {
        String[] words = line.split(" ", -1);
        return new HistoryOperation(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                Kind.valueOf(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]),
                Long.parseLong(words[7]),
                Long.parseLong(words[8]));
    }
}
