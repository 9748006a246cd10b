package io.ddict.client;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What {@link DDict#filter} finds, in order, as it is found. Nothing in the dictionary is held by it; but
 * threads of this process look ahead, some 256 results for each manager, and end when the results do,
 * when this or the dictionary's handle is closed, or when something fails. So close it if you stop early.
 *
 * <p>For one thread. {@link #hasNext} and {@link #next} wait up to the handle's timeout for the result that
 * is due, and then throw {@link DDictTimeoutException}; they may be called again. What the user's function
 * throws, and what its calls on the dictionary throw, comes out of them, and ends it.
 *
 * @param <R> type of the results
 */
public interface Filtered<R> extends Iterator<R>, AutoCloseable {
    /** Ends it, wherever it is: functions that still run are stopped at their next call. */
    @Override
    void close();

    /** The results that are left, as a stream; closing the stream closes this. */
    default Stream<R> stream() {
        Spliterator<R> rest = Spliterators.spliteratorUnknownSize(
                this, Spliterator.ORDERED | Spliterator.NONNULL);
        return StreamSupport.stream(rest, false).onClose(this::close);
    }
}
