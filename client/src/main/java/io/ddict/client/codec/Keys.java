package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/*
 * Keys by their class and by their tag. A component of a list or record stands as
 *
 *  offset  length  field
 *  0       1       tag
 *  1       2       n, length in bytes
 *  3       n       bytes
 *
 * and an enum or record begins with its class's name, 2 bytes of length before it. A class is never
 * loaded because bytes name it: it is looked up among those registered.
 */
final class Keys {
    private static final int COMPONENT_HEADER_LENGTH = 3;

    private final AllowList allowed;
    private final Map<Class<?>, KeyCodec> builtIn = new HashMap<>();
    private final @Nullable KeyCodec[] byTag = new KeyCodec[Tags.USER_FIRST];
    private final ListKeyCodec lists = new ListKeyCodec(this);
    private final BytesKeyCodec bytes = new BytesKeyCodec();
    private final ClassValue<KeyCodec> byClass = new ClassValue<>() {
        @Override
        protected KeyCodec computeValue(Class<?> type) {
            return find(type);
        }
    };

    /**
     * @param scalars codecs of values whose bytes are canonical too, by class
     */
    Keys(AllowList allowed, Map<Class<?>, Codec<Object>> scalars) {
        this.allowed = allowed;
        scalars.forEach((type, codec) -> add(type, new ScalarKeyCodec(codec)));
        add(String.class, new TextKeyCodec());
        add(byte[].class, bytes);
        byTag[lists.tag()] = lists;
    }

    private void add(Class<?> type, KeyCodec codec) {
        builtIn.put(type, codec);
        byTag[codec.tag()] = codec;
    }

    /** Whether there is a codec for keys of this class; what a key holds may have none all the same. */
    boolean serves(Class<?> type) {
        Class<?> declared = AllowList.declaring(type);
        return builtIn.containsKey(type)
                || ByteBuffer.class.isAssignableFrom(type)
                || MemorySegment.class.isAssignableFrom(type)
                || List.class.isAssignableFrom(type)
                || (declared.isEnum() || declared.isRecord()) && allowed.contains(declared);
    }

    private KeyCodec find(Class<?> type) {
        KeyCodec codec = builtIn.get(type);
        if (codec != null) {
            return codec;
        }
        if (ByteBuffer.class.isAssignableFrom(type) || MemorySegment.class.isAssignableFrom(type)) {
            return bytes;
        }
        if (List.class.isAssignableFrom(type)) {
            return lists;
        }
        Class<?> declared = AllowList.declaring(type);
        if (declared.isEnum() || declared.isRecord()) {
            if (!allowed.contains(declared)) {
                throw new IllegalArgumentException(
                        "key class not registered: class=" + declared.getName()
                                + "; add it with Codecs.builder().register("
                                + declared.getSimpleName() + ".class)");
            }
            return declared.isEnum() ? new EnumKeyCodec(declared)
                    : new RecordKeyCodec(this, declared);
        }
        throw new IllegalArgumentException("no canonical bytes for keys of this class: class="
                + type.getTypeName()
                + "; use String, a boxed primitive, UUID, BigInteger, BigDecimal, Instant, Duration,"
                + " LocalDate, LocalTime, LocalDateTime, a primitive array, ByteBuffer, MemorySegment,"
                + " or an enum, record or List of these");
    }

    void encode(Object key, KeyBytes target) {
        if (key instanceof byte[] array) {
            // The fastest of all, so that it also is spared the look-up.
            target.wrap(Tags.BYTES, array, 0, array.length);
            return;
        }
        KeyCodec codec = byClass.get(key.getClass());
        if (codec == bytes) {
            BytesKeyCodec.wrap(key, target);
        } else {
            target.start(codec.tag());
            codec.encode(key, target);
        }
    }

    void encodeComponent(@Nullable Object component, KeyBytes target) {
        int header = target.append(COMPONENT_HEADER_LENGTH);
        byte tag = Tags.NULL;
        if (component != null) {
            KeyCodec codec = byClass.get(component.getClass());
            tag = codec.tag();
            codec.encode(component, target);
        }
        target.array()[header] = tag;
        int length = target.length() - header - COMPONENT_HEADER_LENGTH;
        target.segment().set(LittleEndian.SHORT, header + 1L, (short) length);
    }

    /**
     * Makes the key, or component, of these bytes.
     *
     * @param depth how many lists and records lie around it
     */
    Object decode(byte tag, MemorySegment source, long offset, int length, int depth) {
        LittleEndian.requireInside(source, offset, length);
        if (tag == Tags.ENUM || tag == Tags.RECORD) {
            return decodeNamed(tag, source, offset, length, depth);
        }
        KeyCodec codec = tag >= 0 && tag < byTag.length ? byTag[tag] : null;
        if (codec == null) {
            throw new CodecException("no key has this tag: tag=" + tag);
        }
        return codec.decode(source, offset, length, depth);
    }

    private Object decodeNamed(byte tag, MemorySegment source, long offset, int length, int depth) {
        if (length < Short.BYTES) {
            throw new CodecException(
                    "encoded key cut short: tag=" + tag + ", length=" + length + "B");
        }
        int nameLength = Short.toUnsignedInt(source.get(LittleEndian.SHORT, offset));
        int headerLength = Short.BYTES + nameLength;
        if (headerLength > length) {
            throw new CodecException("encoded key cut short: tag=" + tag + ", length=" + length
                    + "B, nameLength=" + nameLength + "B");
        }
        String name = Utf8.read(LittleEndian.copy(source, offset + Short.BYTES, nameLength), 0,
                nameLength);
        Class<?> type = allowed.named(name);
        if (type == null) {
            throw new CodecException("class of encoded key not registered: class=" + name
                    + "; add it with Codecs.builder().register(...)");
        }
        KeyCodec codec = byClass.get(type);
        if (codec.tag() != tag) {
            throw new CodecException(
                    "class of encoded key changed its kind: class=" + name + ", tag=" + tag);
        }
        return codec.decode(source, offset + headerLength, length - headerLength, depth);
    }

    /** Reads components one after the other. */
    final class Components {
        private final MemorySegment source;
        private final long end;
        private final int depth;
        private long at;

        Components(MemorySegment source, long offset, int length, int depth) {
            this.source = source;
            this.at = offset;
            this.end = offset + length;
            this.depth = depth + 1;
            if (this.depth > KeyBytes.DEPTH_MAX) {
                throw new CodecException(
                        "encoded key nested too deeply: depthMax=" + KeyBytes.DEPTH_MAX);
            }
        }

        boolean hasNext() {
            return at < end;
        }

        @Nullable Object next() {
            if (end - at < COMPONENT_HEADER_LENGTH) {
                throw new CodecException(
                        "encoded key component cut short: length=" + (end - at) + "B");
            }
            byte tag = source.get(LittleEndian.BYTE, at);
            int length = Short.toUnsignedInt(source.get(LittleEndian.SHORT, at + 1));
            long start = at + COMPONENT_HEADER_LENGTH;
            if (length > end - start || tag == Tags.NULL && length != 0) {
                throw new CodecException("encoded key component has wrong length: tag=" + tag
                        + ", length=" + length + "B, available=" + (end - start) + "B");
            }
            at = start + length;
            return tag == Tags.NULL ? null : decode(tag, source, start, length, depth);
        }
    }
}
