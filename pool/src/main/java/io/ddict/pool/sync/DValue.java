package io.ddict.pool.sync;

import io.ddict.client.DDictException;
import io.ddict.client.Versioned;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A value that processes share. Never null; of any type that a dictionary takes without preparation. Safe
 * from any thread; may be given to other processes.
 *
 * @param <T> type of the value
 */
public final class DValue<T> extends Named {
    private static final long serialVersionUID = 1L;

    private DValue(String name) {
        super("value", name);
    }

    /** A new one. */
    public static <T> DValue<T> create(T initial) {
        return of(SyncSpace.newName(), initial);
    }

    /** The one of a name, in this program's cluster; with this value if nobody has set one. */
    public static <T> DValue<T> of(String name, T initial) {
        DValue<T> value = new DValue<>(name);
        Object _ = value.space().dict().putIfAbsent(value.key(), initial);
        return value;
    }

    /** The value. */
    @SuppressWarnings("unchecked") // What was set is of this type, as the type of the handle says.
    public T get() {
        return (T) space().dict().getOrThrow(key());
    }

    /** Sets it, whatever it is. */
    public void set(T value) {
        space().dict().put(key(), value);
    }

    /** Sets it if it equals another; whether it did. */
    public boolean compareAndSet(T expected, T value) {
        return space().dict().replace(key(), expected, value);
    }

    /**
     * Applies a function to the value, as one step for all others; called again if another process came
     * between.
     *
     * @return the new value
     */
    @SuppressWarnings("unchecked") // As above.
    public T update(UnaryOperator<T> function) {
        while (true) {
            Versioned<Object> now = Objects.requireNonNull(
                    space().dict().getVersioned(key()), "value was removed");
            T next = function.apply((T) now.value());
            if (space().dict().compareAndSet(key(), now.version(), next) != 0) {
                return next;
            }
        }
    }

    /**
     * Adds to a {@code Long}.
     *
     * @return the value before
     * @throws DDictException with status TYPE if it is another type
     */
    public long getAndAdd(long delta) {
        return space().dict().getAndAdd(key(), delta);
    }

    /**
     * Waits until it has a value, whatever it was before.
     *
     * @throws io.ddict.client.DDictTimeoutException if it did not come in time
     */
    public void await(T value, Duration timeout) {
        space().dict().awaitValue(key(), value, timeout);
    }
}
