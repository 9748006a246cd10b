package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** The constants of one enum: class name, constant name. */
final class EnumKeyCodec implements KeyCodec {
    private final ClassName className;
    private final Map<String, Object> constants = new HashMap<>();

    EnumKeyCodec(Class<?> type) {
        className = new ClassName(type);
        for (Object constant : type.getEnumConstants()) {
            constants.put(((Enum<?>) constant).name(), constant);
        }
    }

    @Override
    public byte tag() {
        return Tags.ENUM;
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        className.append(target);
        TextKeyCodec.append(((Enum<?>) key).name(), target);
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        String name = Utf8.read(LittleEndian.copy(source, offset, length), 0, length);
        Object constant = constants.get(name);
        if (constant == null) {
            throw new CodecException(
                    "encoded key names no constant: constant=" + name + ", constants="
                            + constants.keySet());
        }
        return constant;
    }
}
