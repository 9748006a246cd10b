package io.ddict.pool.sync;

import io.ddict.client.Versioned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A list of values, of a length that does not change, that processes share. Each element is a value of its
 * own: what is changed together is changed one after the other. Safe from any thread; may be given to
 * other processes.
 *
 * @param <T> type of the elements
 */
public final class DArray<T> extends Named {
    private static final long serialVersionUID = 1L;

    private final int length;

    private DArray(String name, int length) {
        super("array", name);
        if (length < 1) {
            throw new IllegalArgumentException("length below 1: length=" + length);
        }
        this.length = length;
    }

    /** A new one. */
    public static <T> DArray<T> create(int length, T initial) {
        return of(SyncSpace.newName(), length, initial);
    }

    /** The one of a name, in this program's cluster; elements that nobody has set have this value. */
    public static <T> DArray<T> of(String name, int length, T initial) {
        DArray<T> array = new DArray<>(name, length);
        for (int index = 0; index < length; index++) {
            Object _ = array.space().dict().putIfAbsent(array.key(index), initial);
        }
        return array;
    }

    /** How many elements there are. */
    public int length() {
        return length;
    }

    /** An element. */
    @SuppressWarnings("unchecked") // What was set is of this type, as the type of the handle says.
    public T get(int index) {
        return (T) space().dict().getOrThrow(key(index));
    }

    /** Sets an element. */
    public void set(int index, T value) {
        space().dict().put(key(index), value);
    }

    /** All elements, each as it was when it was read. */
    @SuppressWarnings("unchecked") // As above.
    public List<T> toList() {
        List<String> keys = IntStream.range(0, length).mapToObj(this::key).toList();
        Map<String, Object> found = space().dict().getAll(keys);
        List<T> elements = new ArrayList<>(length);
        for (String each : keys) {
            elements.add((T) Objects.requireNonNull(found.get(each), "array was destroyed"));
        }
        return elements;
    }

    /** Applies a function to an element, as {@link DValue#update} does. */
    @SuppressWarnings("unchecked") // As above.
    public T update(int index, UnaryOperator<T> function) {
        while (true) {
            Versioned<Object> now = Objects.requireNonNull(
                    space().dict().getVersioned(key(index)), "array was destroyed");
            T next = function.apply((T) now.value());
            if (space().dict().compareAndSet(key(index), now.version(), next) != 0) {
                return next;
            }
        }
    }

    /** Adds to an element that is a {@code Long}; the value before. */
    public long getAndAdd(int index, long delta) {
        return space().dict().getAndAdd(key(index), delta);
    }

    @Override
    public void destroy() {
        for (int index = 0; index < length; index++) {
            Object _ = space().dict().remove(key(index));
        }
    }

    private String key(int index) {
        return key() + ":" + Objects.checkIndex(index, length);
    }
}
