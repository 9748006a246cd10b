package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys of one record class: class name, components in their order. */
final class RecordKeyCodec implements KeyCodec {
    private final Keys keys;
    private final Class<?> type;
    private final ClassName className;
    private final Class<?>[] componentTypes;
    private final Method[] accessors;
    private final Constructor<?> constructor;

    /**
     * @throws IllegalArgumentException if the record keeps its components to itself, or one of them
     *     could not be made again from bytes
     */
    RecordKeyCodec(Keys keys, Class<?> type) {
        this.keys = keys;
        this.type = type;
        className = new ClassName(type);
        RecordComponent[] components = type.getRecordComponents();
        componentTypes = new Class<?>[components.length];
        accessors = new Method[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                componentTypes[i] = requireDecodable(components[i]);
                accessors[i] = components[i].getAccessor();
                accessors[i].setAccessible(true);
            }
            constructor = type.getDeclaredConstructor(componentTypes);
            constructor.setAccessible(true);
        } catch (NoSuchMethodException | InaccessibleObjectException e) {
            throw new IllegalArgumentException(
                    "key record not accessible, open its package to io.ddict: class="
                            + type.getName(),
                    e);
        }
    }

    private Class<?> requireDecodable(RecordComponent component) {
        Class<?> declared = component.getType();
        if (List.class.isAssignableFrom(declared) && declared != List.class) {
            throw new IllegalArgumentException(
                    "declare this component as List, which is what keys give back: class="
                            + type.getName() + ", component=" + component.getName());
        }
        return declared;
    }

    @Override
    public byte tag() {
        return Tags.RECORD;
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        target.enter();
        className.append(target);
        for (Method accessor : accessors) {
            keys.encodeComponent(component(key, accessor), target);
        }
        target.leave();
    }

    private @Nullable Object component(Object key, Method accessor) {
        try {
            return accessor.invoke(key);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalArgumentException(
                    "component of key cannot be read: class=" + type.getName()
                            + ", component=" + accessor.getName(),
                    e);
        }
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        Keys.Components components = keys.new Components(source, offset, length, depth);
        @Nullable Object[] arguments = new Object[componentTypes.length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = fit(components.next(), componentTypes[i]);
        }
        if (components.hasNext()) {
            throw new CodecException(
                    "encoded key has more components than its record: class=" + type.getName());
        }
        try {
            return constructor.newInstance(arguments);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw new CodecException(
                    "record refused its encoded components: class=" + type.getName(), e);
        }
    }

    /** Bytes go back into the kind of buffer they came from. */
    private static @Nullable Object fit(@Nullable Object component, Class<?> declared) {
        if (component instanceof byte[] bytes) {
            if (declared == ByteBuffer.class) {
                return ByteBuffer.wrap(bytes);
            }
            if (declared == MemorySegment.class) {
                return MemorySegment.ofArray(bytes);
            }
        }
        return component;
    }
}
