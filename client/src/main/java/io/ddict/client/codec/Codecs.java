package io.ddict.client.codec;

import java.io.NotSerializableException;
import java.io.Serializable;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which codec serves which value, and what bytes a key has. Immutable, for all threads; processes
 * that share a dictionary build theirs alike, in any order. They may travel to another process by Java
 * serialization, which has the registered classes too, if codecs of one's own are {@code Serializable}.
 *
 * <p>Values need no preparation when they are {@code byte[]} or another primitive array,
 * {@code String}, boxed primitives, {@code UUID}, {@code BigInteger}, {@code BigDecimal},
 * {@code Instant}, {@code Duration}, {@code LocalDate}, {@code LocalTime}, {@code LocalDateTime},
 * {@code ByteBuffer}, {@code MemorySegment}, or collections, optionals and arrays of such. Classes
 * of one's own are registered first:
 *
 * {@snippet :
 * Codecs codecs = Codecs.builder().register(Point.class, Colour.class).build();
 * }
 */
public final class Codecs implements Serializable {
    /** Tag of a {@code Long} value: 8 bytes, little-endian; what a manager adds to in place. */
    public static final byte TAG_LONG = Tags.LONG;

    private final AllowList allowed;
    private final Map<Class<?>, Codec<?>> builtIn;
    private final Map<Class<?>, Codec<?>> users;
    private final @Nullable Codec<?>[] byTag = new Codec<?>[Tags.USER_LAST + 1];
    private final @Nullable Class<?>[] typeByTag = new Class<?>[Tags.USER_LAST + 1];
    private final ObjectCodec objects;
    private final Keys keys;
    private final ClassValue<Codec<?>> byClass = new ClassValue<>() {
        @Override
        protected Codec<?> computeValue(Class<?> type) {
            return find(type);
        }
    };

    private Codecs(AllowList allowed, Map<Class<?>, Codec<?>> users) {
        this.allowed = allowed;
        this.users = users;
        Map<Class<?>, Codec<Object>> scalars = scalars();
        builtIn = new HashMap<>(scalars);
        builtIn.put(byte[].class, new ArrayCodec(Tags.BYTES, LittleEndian.BYTE));
        builtIn.put(String.class, new StringCodec());
        builtIn.put(ByteBuffer.class, new ByteBufferCodec());
        builtIn.put(MemorySegment.class, new MemorySegmentCodec());
        objects = new ObjectCodec(allowed.classes());
        keys = new Keys(allowed, scalars);
        builtIn.forEach(this::index);
        users.forEach(this::index);
        index(Object.class, objects);
    }

    private void index(Class<?> type, Codec<?> codec) {
        byTag[codec.tag()] = codec;
        typeByTag[codec.tag()] = type;
    }

    /** Codecs whose bytes serve as a key's too. */
    private static Map<Class<?>, Codec<Object>> scalars() {
        Map<Class<?>, Codec<Object>> scalars = new HashMap<>();
        scalars.put(Long.class, new ScalarCodec(Tags.LONG));
        scalars.put(Integer.class, new ScalarCodec(Tags.INTEGER));
        scalars.put(Short.class, new ScalarCodec(Tags.SHORT));
        scalars.put(Byte.class, new ScalarCodec(Tags.BYTE));
        scalars.put(Boolean.class, new ScalarCodec(Tags.BOOLEAN));
        scalars.put(Character.class, new ScalarCodec(Tags.CHARACTER));
        scalars.put(Double.class, new ScalarCodec(Tags.DOUBLE));
        scalars.put(Float.class, new ScalarCodec(Tags.FLOAT));
        scalars.put(UUID.class, new ScalarCodec(Tags.UUID));
        scalars.put(boolean[].class, erased(new BooleansCodec()));
        scalars.put(short[].class, new ArrayCodec(Tags.SHORTS, LittleEndian.SHORT));
        scalars.put(char[].class, new ArrayCodec(Tags.CHARS, LittleEndian.CHAR));
        scalars.put(int[].class, new ArrayCodec(Tags.INTS, LittleEndian.INT));
        scalars.put(long[].class, new ArrayCodec(Tags.LONGS, LittleEndian.LONG));
        scalars.put(float[].class, new ArrayCodec(Tags.FLOATS, LittleEndian.FLOAT));
        scalars.put(double[].class, new ArrayCodec(Tags.DOUBLES, LittleEndian.DOUBLE));
        scalars.put(BigInteger.class, erased(new BigNumberCodec(Tags.BIG_INTEGER)));
        scalars.put(BigDecimal.class, erased(new BigNumberCodec(Tags.BIG_DECIMAL)));
        scalars.put(Instant.class, new ScalarCodec(Tags.INSTANT));
        scalars.put(Duration.class, new ScalarCodec(Tags.DURATION));
        scalars.put(LocalDate.class, new ScalarCodec(Tags.LOCAL_DATE));
        scalars.put(LocalTime.class, new ScalarCodec(Tags.LOCAL_TIME));
        scalars.put(LocalDateTime.class, new ScalarCodec(Tags.LOCAL_DATE_TIME));
        return scalars;
    }

    @SuppressWarnings("unchecked") // It is asked for by the class of its values.
    private static Codec<Object> erased(Codec<?> codec) {
        return (Codec<Object>) codec;
    }

    /** The built-in types only. */
    public static Codecs standard() {
        return builder().build();
    }

    /** To add classes and codecs of one's own. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The codec that serves values of this value's class. Allocates nothing from a class's second
     * value on; a class's first collection or object value may take some 200 ms, once in a process.
     *
     * @throws IllegalArgumentException if no codec serves its class; says how to register it
     * @throws NullPointerException if there is no value: absence is said by removing the key
     */
    @SuppressWarnings("unchecked") // A codec is found by the class of what it encodes.
    public <T> Codec<T> forValue(T value) {
        Objects.requireNonNull(value, "null is no value; remove the key instead");
        return (Codec<T>) byClass.get(value.getClass());
    }

    private Codec<?> find(Class<?> type) {
        Class<?> known = knownAs(type);
        Codec<?> codec = users.get(known);
        if (codec == null) {
            codec = builtIn.get(known);
        }
        if (codec == null) {
            codec = usersFor(known);
        }
        if (codec == null && objects.accepts(known)) {
            codec = objects;
        }
        if (codec == null) {
            throw new IllegalArgumentException(
                    "no codec for values of this class: class=" + type.getTypeName()
                            + "; add it with Codecs.builder().register(" + type.getSimpleName()
                            + ".class), or a codec for it with add(...)");
        }
        return codec;
    }

    /** The class that a program names, where the JDK or the compiler has others below it. */
    private static Class<?> knownAs(Class<?> type) {
        if (ByteBuffer.class.isAssignableFrom(type)) {
            return ByteBuffer.class;
        }
        return MemorySegment.class.isAssignableFrom(type)
                ? MemorySegment.class
                : AllowList.declaring(type);
    }

    /** A user's codec may be for an interface or a class above. */
    private @Nullable Codec<?> usersFor(Class<?> type) {
        for (Map.Entry<Class<?>, Codec<?>> user : users.entrySet()) {
            if (user.getKey().isAssignableFrom(type)) {
                return user.getValue();
            }
        }
        return null;
    }

    /**
     * The codec that wrote values with this tag.
     *
     * @throws CodecException if this process has none
     */
    public Codec<?> byTag(byte tag) {
        Codec<?> codec = tag < 0 ? null : byTag[tag];
        if (codec == null) {
            throw new CodecException("no codec for this tag: tag=" + tag
                    + (tag >= Tags.USER_FIRST ? "; add it with Codecs.builder().add(...)" : ""));
        }
        return codec;
    }

    /**
     * Name of the type whose values have this tag, as in a program, such as {@code byte[]}; what Apache
     * Fory writes is {@code java.lang.Object}. A tag that this process has no codec for is named by its
     * number.
     */
    public String typeName(byte tag) {
        Class<?> type = tag < 0 ? null : typeByTag[tag];
        return type == null ? "tag " + tag : type.getTypeName();
    }

    /**
     * Whether keys of this class have canonical bytes, as far as the class tells: a list or record may
     * hold what has none.
     */
    public boolean serveKeys(Class<?> type) {
        return keys.serves(type);
    }

    /**
     * Gives a key's canonical bytes. Takes a {@code byte[]} as it is, without a copy, so it must
     * not change until the bytes are used. Allocates nothing for {@code byte[]}, ASCII text and
     * boxed integers.
     *
     * @param target filled by this call; undefined if it throws
     * @throws IllegalArgumentException if the key's class has no canonical bytes or is not
     *     registered, or the key takes more than {@link KeyBytes#LENGTH_MAX} bytes
     * @throws NullPointerException if there is no key
     */
    public void encodeKey(Object key, KeyBytes target) {
        Objects.requireNonNull(key, "null is no key");
        keys.encode(key, target);
    }

    /**
     * Makes a key from its bytes. {@code byte[]}, {@code ByteBuffer} and {@code MemorySegment} keys
     * all come back as {@code byte[]}, lists as unmodifiable lists.
     *
     * @param source keeps its bytes meanwhile; nothing of it is kept
     * @param offset in bytes from the start of {@code source}
     * @param length of the key in bytes
     * @throws CodecException if these bytes are no key, or one of a class not registered here
     */
    public Object decodeKey(byte tag, MemorySegment source, long offset, int length) {
        return keys.decode(tag, source, offset, length, 0);
    }

    // Called by Java serialization.
    private Object writeReplace() throws NotSerializableException {
        return SerializedCodecs.of(allowed, users);
    }

    /** Collects classes and codecs of the user's. For one thread. */
    public static final class Builder {
        private final AllowList allowed = new AllowList();
        private final Map<Class<?>, Codec<?>> users = new LinkedHashMap<>();
        private final @Nullable Class<?>[] classByTag = new Class<?>[Tags.USER_LAST + 1];

        private Builder() {}

        /**
         * Allows values, and parts of values, of these classes; records and enums as keys too. They
         * travel by name, so order does not matter; superclasses come along. A class may gain and
         * lose fields while values of it are stored.
         *
         * @throws IllegalArgumentException if one is an interface, an array, or an inner class that
         *     is not static
         */
        public Builder register(Class<?>... types) {
            for (Class<?> type : types) {
                allowed.add(type);
            }
            return this;
        }

        /**
         * Serves values of this class, or interface, by a codec of the user's: before all others if
         * the value is of this very class, after the built-in ones if it is of a class below.
         *
         * @throws IllegalArgumentException if its tag is not one of 64 to 127, or is taken, or the
         *     class is
         */
        public <T> Builder add(Class<T> type, Codec<T> codec) {
            byte tag = codec.tag();
            if (tag < Tags.USER_FIRST) {
                throw new IllegalArgumentException(
                        "tag outside the user's range: tag=" + tag + ", tagMin="
                                + Tags.USER_FIRST + ", tagMax=" + Tags.USER_LAST + ", class="
                                + type.getTypeName());
            }
            if (classByTag[tag] != null) {
                throw new IllegalArgumentException(
                        "tag taken: tag=" + tag + ", class=" + type.getTypeName()
                                + ", takenBy=" + classByTag[tag].getTypeName());
            }
            if (users.putIfAbsent(type, codec) != null) {
                throw new IllegalArgumentException(
                        "class has a codec already: class=" + type.getTypeName());
            }
            classByTag[tag] = type;
            return this;
        }

        /** The codecs as collected so far; more may be added for others. */
        public Codecs build() {
            return new Codecs(allowed.copy(), new LinkedHashMap<>(users));
        }
    }
}
