package io.ddict.jcache;

/** What lies behind the interfaces of JCache. */
final class Unwrapping {
    private Unwrapping() {}

    /**
     * The first of the objects that is of the type.
     *
     * @throws IllegalArgumentException if none is
     */
    static <T> T unwrap(Class<T> type, Object... candidates) {
        for (Object candidate : candidates) {
            if (type.isInstance(candidate)) {
                return type.cast(candidate);
            }
        }
        throw new IllegalArgumentException("nothing of this type is behind it: type="
                + type.getName() + ", class=" + candidates[0].getClass().getName());
    }
}
