package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code List} keys of any class: their elements. An unmodifiable list comes back. */
final class ListKeyCodec implements KeyCodec {
    private final Keys keys;

    ListKeyCodec(Keys keys) {
        this.keys = keys;
    }

    @Override
    public byte tag() {
        return Tags.LIST;
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        target.enter();
        for (Object element : (List<?>) key) {
            keys.encodeComponent(element, target);
        }
        target.leave();
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        List<@Nullable Object> elements = new ArrayList<>();
        Keys.Components components = keys.new Components(source, offset, length, depth);
        while (components.hasNext()) {
            elements.add(components.next());
        }
        return Collections.unmodifiableList(elements);
    }
}
