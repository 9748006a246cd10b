package io.ddict.client.codec;

import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The user's classes that bytes may turn into, by name. Filled by one thread, then only read. */
final class AllowList {
    private final Map<String, Class<?>> byName = new LinkedHashMap<>();

    /**
     * Adds the class, and what it inherits from outside the JDK, because an object has those fields
     * too.
     */
    void add(Class<?> type) {
        if (type.isInterface() || type.isArray() || type.isPrimitive() || type.isHidden()) {
            throw new IllegalArgumentException(
                    "only classes, records and enums can be registered: class="
                            + type.getTypeName());
        }
        if (type.isAnonymousClass() || type.isMemberClass() && !isStatic(type)) {
            throw new IllegalArgumentException(
                    "an inner class holds its outer object, make it static: class="
                            + type.getTypeName());
        }
        for (Class<?> each = type; each != null && !fromJdk(each); each = each.getSuperclass()) {
            Class<?> earlier = byName.putIfAbsent(each.getName(), each);
            if (earlier != null && earlier != each) {
                throw new IllegalArgumentException(
                        "two class loaders know a class of this name: class=" + each.getName());
            }
        }
        // Asked for by name, a class of the JDK is taken too: TimeUnit, Month.
        byName.putIfAbsent(type.getName(), type);
    }

    AllowList copy() {
        AllowList copy = new AllowList();
        copy.byName.putAll(byName);
        return copy;
    }

    private static boolean isStatic(Class<?> type) {
        return Modifier.isStatic(type.getModifiers());
    }

    private static boolean fromJdk(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        return loader == null || loader.equals(ClassLoader.getPlatformClassLoader());
    }

    boolean contains(Class<?> type) {
        return byName.get(type.getName()) == type;
    }

    @Nullable Class<?> named(String name) {
        return byName.get(name);
    }

    Collection<Class<?>> classes() {
        return byName.values();
    }

    /**
     * The enum that a constant's class belongs to: a constant with a body has a class of its own.
     */
    static Class<?> declaring(Class<?> type) {
        Class<?> above = type.getSuperclass();
        return above != null && above.isEnum() ? above : type;
    }
}
