package io.ddict.client.codec;

import java.io.NotSerializableException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Codecs on their way to another process: what they were built from. */
record SerializedCodecs(List<Class<?>> registered, Map<Class<?>, Codec<?>> users)
        implements
            Serializable {
    static SerializedCodecs of(AllowList allowed, Map<Class<?>, Codec<?>> users)
            throws NotSerializableException {
        for (Map.Entry<Class<?>, Codec<?>> each : users.entrySet()) {
            if (!(each.getValue() instanceof Serializable)) {
                throw new NotSerializableException(
                        "codec of a dictionary's handle cannot travel: class="
                                + each.getKey().getTypeName() + ", codec="
                                + each.getValue().getClass().getName()
                                + "; let it implement java.io.Serializable, or send"
                                + " DDict.serialize() and attach with codecs of one's own");
            }
        }
        return new SerializedCodecs(List.copyOf(allowed.classes()), new LinkedHashMap<>(users));
    }

    // Called by Java serialization.
    private Object readResolve() {
        Codecs.Builder builder = Codecs.builder();
        registered.forEach(builder::register);
        users.forEach((type, codec) -> add(builder, type, codec));
        return builder.build();
    }

    @SuppressWarnings("unchecked") // They were added together.
    private static <T> void add(Codecs.Builder builder, Class<?> type, Codec<?> codec) {
        Codecs.Builder _ = builder.add((Class<T>) type, (Codec<T>) codec);
    }
}
