package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records, enums, other registered classes and the JDK's collections, by Apache Fory. It loads Fory
 * when it is first asked for anything, not before.
 */
final class ObjectCodec implements Codec<Object> {
    private final Collection<Class<?>> registered;
    private volatile @Nullable ForyInstances instances;

    ObjectCodec(Collection<Class<?>> registered) {
        this.registered = List.copyOf(registered);
    }

    /** Whether values of this class are allowed; what they hold shows when they are encoded. */
    boolean accepts(Class<?> type) {
        Class<?> element = type;
        while (element.isArray()) {
            element = element.getComponentType();
        }
        return element.isPrimitive() || instances().accepts(type) || instances().accepts(element);
    }

    @Override
    public byte tag() {
        return Tags.OBJECT;
    }

    @Override
    public long prepare(Object value, Scratch scratch) {
        instances().encode(value, scratch);
        return scratch.length();
    }

    @Override
    public void write(Object value, Scratch scratch, MemorySegment target, long offset) {
        MemorySegment.copy(scratch.array(), 0, target, LittleEndian.BYTE, offset, scratch.length());
    }

    @Override
    public Object read(MemorySegment source, long offset, long length) {
        return instances().decode(LittleEndian.copy(source, offset, length));
    }

    private ForyInstances instances() {
        ForyInstances made = instances;
        return made != null ? made : makeInstances();
    }

    private synchronized ForyInstances makeInstances() {
        ForyInstances made = instances;
        if (made == null) {
            made = new ForyInstances(registered);
            instances = made;
        }
        return made;
    }
}
