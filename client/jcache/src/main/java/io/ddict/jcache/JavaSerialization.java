package io.ddict.jcache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/*
 * For what no codec serves: applications of JCache bring any class that is Serializable, and no
 * list of them.
 *
 * Keys are found by their bytes, so equal keys have to have equal ones. Java serialization writes
 * an object that it meets twice as a reference to the first, so two equal keys would differ where
 * one holds the same string twice and the other two that are equal. Hence texts and boxed numbers
 * are written by reference whenever they are equal to an earlier one. Maps and sets without an
 * order of their own are refused: equal ones list their elements in different order.
 */

/** Objects as bytes by Java serialization. Safe from any thread. */
final class JavaSerialization {
    private final ClassLoader loader;

    /**
     * @param loader knows the classes of what is read
     */
    JavaSerialization(ClassLoader loader) {
        this.loader = loader;
    }

    /**
     * Writes a value.
     *
     * @throws CacheException if it, or something that it holds, is not serializable
     */
    byte[] write(Object value) {
        return write(value, false);
    }

    /**
     * Writes a key, so that equal keys have equal bytes as long as their fields are equal.
     *
     * @throws CacheException if it, or something that it holds, is not serializable, or has no order
     */
    byte[] writeKey(Object key) {
        return write(key, true);
    }

    private static byte[] write(Object object, boolean isKey) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out =
                isKey ? new KeyOutput(bytes) : new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException e) {
            throw new CacheException("cannot be serialized: class=" + object.getClass().getName()
                    + ", because of " + e.getMessage()
                    + "; what is stored has to be Serializable, or"
                    + " to have a codec", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what was written.
     *
     * @throws CacheException if the class loader does not know a class of it, or it is damaged
     */
    Object read(byte[] bytes, int offset, int length) {
        try (ObjectInputStream in =
                new Input(new ByteArrayInputStream(bytes, offset, length), loader)) {
            return in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new CacheException("cannot be read: length=" + length + "B, because of " + e, e);
        }
    }

    private static final class KeyOutput extends ObjectOutputStream {
        private final Map<Object, Object> written = new HashMap<>();

        KeyOutput(OutputStream out) throws IOException {
            super(out);
            enableReplaceObject(true);
        }

        @Override
        protected @Nullable Object replaceObject(@Nullable Object object) throws IOException {
            if (object != null && isUnordered(object)) {
                throw new NotSerializableException(object.getClass().getName()
                        + ", which has no order: equal keys would differ");
            }
            boolean isPlain = object instanceof String || object instanceof Number
                    || object instanceof Character || object instanceof Boolean;
            return isPlain ? written.computeIfAbsent(object, first -> first) : object;
        }

        private static boolean isUnordered(Object object) {
            return object instanceof Map && !(object instanceof SortedMap)
                    && !(object instanceof EnumMap)
                    || object instanceof Set && !(object instanceof SortedSet);
        }
    }

    private static final class Input extends ObjectInputStream {
        private final ClassLoader loader;

        Input(InputStream in, ClassLoader loader) throws IOException {
            super(in);
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass described)
                throws IOException, ClassNotFoundException {
            try {
                return Class.forName(described.getName(), false, loader);
            } catch (ClassNotFoundException e) {
                // Primitive types are not found by their names.
                return super.resolveClass(described);
            }
        }
    }
}
