package io.ddict.manager.serving.crash;

/**
 * One store into a file of a pool, as it was made.
 *
 * @param actor who made it: {@link #MANAGER}, or the id of a client's link
 * @param file name of the file
 * @param offset bytes from the file's start
 * @param bytes what was stored
 * @param order how it is ordered against the actor's other stores
 * @param expected what a compare-and-set found there
 * @param needs the store is made only if so many stores of the log came before: in a call that waited
 *     for the manager, those that the answer depends on
 */
@SuppressWarnings("ArrayRecordComponent") // Its equality is asked of nobody.
record Store(int actor, String file, long offset, byte[] bytes, Order order, long expected,
        int needs) {
    /** The actor that is no client. */
    static final int MANAGER = 0;

    /** What a compiler or a processor may do to a store. */
    enum Order {
        /** Free to move between the ordered stores around it. */
        PLAIN,
        /** After everything before it. */
        RELEASE,
        /** After everything before it, and before later volatile accesses. */
        VOLATILE,
        /** After everything before it, before everything after it. */
        COMPARE_AND_SET,
        /** No store: the file comes into being, with these bytes. */
        CREATE_FILE,
        /** No store: the file is deleted. */
        DELETE_FILE
    }

    boolean isPlain() {
        return order == Order.PLAIN;
    }

    long end() {
        return offset + bytes.length;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder()
                .append(actor == MANAGER ? "manager" : "client " + actor)
                .append(' ')
                .append(order)
                .append(' ')
                .append(file)
                .append('@')
                .append(offset)
                .append('+')
                .append(bytes.length);
        if (bytes.length == Long.BYTES) {
            text.append(" = 0x").append(Long.toHexString(Bytes.toLong(bytes)));
        }
        return text.toString();
    }
}
