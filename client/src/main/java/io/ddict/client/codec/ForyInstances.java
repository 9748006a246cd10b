package io.ddict.client.codec;

import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.exception.ForyException;
import org.apache.fory.exception.InsecureException;
import org.apache.fory.logging.LogLevel;
import org.apache.fory.logging.LoggerFactory;
import org.apache.fory.memory.MemoryBuffer;
import org.apache.fory.memory.MemoryUtils;
import org.apache.fory.resolver.SharedRegistry;
import org.apache.fory.resolver.TypeResolver;
import org.apache.fory.serializer.JdkProxySerializer;
import org.apache.fory.serializer.LambdaSerializer;
import org.apache.fory.serializer.Serializer;
import org.jspecify.annotations.Nullable;

/*
 * Apache Fory, as this project uses it. An instance serves one call at a time, so a few idle ones
 * are kept, each thread looking first where it left one; who finds none makes one (1-7 ms, the
 * first 200-400 ms). Fory's own thread-safe front was not taken: it makes all its instances at
 * once, four for each processor.
 *
 * Settings and their price, for a record of 5 fields that else takes 42 bytes, 21 ns to write and
 * 41 ns to read:
 *   compatible           31 bytes, 15 ns   a class may gain and lose fields
 *   registered by name    3 bytes,  2 ns   processes may register in any order, and more or less
 *   reference tracking              10 ns  cycles and shared objects come back as they were
 *   registration required                  a name in the bytes never loads a class
 *   no lambdas, proxies, Class objects     bytes never choose code; they often came back broken too
 */
final class ForyInstances {
    private static final int IDLE_MAX = 64;

    // Fory's defaults would refuse to read back what it was glad to write: chains of more than 50
    // objects, graphs above 128 MiB, lists of more than 8192 nulls. What remains keeps hostile
    // bytes from taking the heap: half of it, and 4 Mi elements (32 MiB) for which no byte is
    // there.
    private static final int DEPTH_MAX = 1 << 20;
    private static final int UNBACKED_ELEMENTS_MAX = 1 << 22;
    private static final int TYPE_FIELDS_MAX = 1 << 12;
    private static final int TYPE_DESCRIPTION_LENGTH_MAX = 1 << 18;
    private static final int TYPE_VERSIONS_MAX = 100;

    private static final byte[] EMPTY = {};
    private static final Pattern UNREGISTERED =
            Pattern.compile("(?i)^(?:class|interface) (?:\\[+L)?([^\\s;]+);? is not registered");

    private final SharedRegistry shared = new SharedRegistry();
    private final AtomicReferenceArray<@Nullable Instance> idle =
            new AtomicReferenceArray<>(IDLE_MAX);
    private final List<Class<?>> registered;
    private final ClassLoader loader;

    ForyInstances(Collection<Class<?>> registered) {
        this.registered = List.copyOf(registered);
        // Fory warns, on standard output, of what is as it should be, such as a sublist.
        if (LoggerFactory.getLogLevel() == LogLevel.WARN_LEVEL) {
            LoggerFactory.setLogLevel(LogLevel.ERROR_LEVEL);
        }
        // Not the thread's context loader: which thread comes first is chance.
        this.loader = this.registered.stream()
                .map(Class::getClassLoader)
                .filter(each -> each != null)
                .findFirst()
                .orElse(ForyInstances.class.getClassLoader());
        release(create());
    }

    /**
     * Whether values of this class are allowed, by the user or by Fory's own list of harmless JDK
     * classes.
     */
    boolean accepts(Class<?> type) {
        // An array queue is written at any capacity, but read only if the capacity is less than its
        // bytes.
        if (type == Class.class || type == Object.class || type == ArrayBlockingQueue.class) {
            return false;
        }
        Instance instance = acquire();
        try {
            return instance.fory.getTypeResolver().isRegistered(type);
        } finally {
            release(instance);
        }
    }

    /**
     * Leaves the value's bytes in the scratch.
     *
     * @throws IllegalArgumentException if something in it is not allowed or not possible
     */
    void encode(Object value, Scratch scratch) {
        Instance instance = acquire();
        @Nullable ClassLoader before = enterLoader();
        try {
            MemoryBuffer output = instance.buffer;
            output.pointTo(scratch.array(), 0, scratch.array().length);
            output.writerIndex(0);
            instance.fory.serialize(output, value);
            scratch.adopt(output.getHeapMemory(), output.writerIndex());
        } catch (RuntimeException | StackOverflowError e) {
            releaseIfIntact(instance, e);
            throw refusal(value.getClass(), e);
        } finally {
            leaveLoader(before);
        }
        release(instance);
    }

    /**
     * @param bytes no one else's: a byte buffer inside the value may go on using them
     * @throws CodecException if they are no value that is allowed here
     */
    Object decode(byte[] bytes) {
        Instance instance = acquire();
        Object value;
        int end;
        @Nullable ClassLoader before = enterLoader();
        try {
            MemoryBuffer input = instance.buffer;
            input.pointTo(bytes, 0, bytes.length);
            input.readerIndex(0);
            value = instance.fory.deserialize(input);
            end = input.readerIndex();
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            releaseIfIntact(instance, e);
            throw undecodable(e);
        } finally {
            leaveLoader(before);
        }
        release(instance);
        if (value == null || end != bytes.length) {
            throw new CodecException("encoded object has a wrong end: length=" + bytes.length
                    + "B, end=" + end + "B");
        }
        return value;
    }

    /**
     * Code that Fory generates for a class that is not public finds it by the thread's context
     * loader.
     */
    private @Nullable ClassLoader enterLoader() {
        Thread thread = Thread.currentThread();
        @Nullable ClassLoader before = thread.getContextClassLoader();
        if (!loader.equals(before)) {
            thread.setContextClassLoader(loader);
        }
        return before;
    }

    private void leaveLoader(@Nullable ClassLoader before) {
        if (!loader.equals(before)) {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private Instance acquire() {
        int home = home();
        for (int i = 0; i < IDLE_MAX; i++) {
            int index = (home + i) % IDLE_MAX;
            if (idle.getPlain(index) != null) {
                Instance instance = idle.getAndSet(index, null);
                if (instance != null) {
                    return instance;
                }
            }
        }
        return create();
    }

    private void release(Instance instance) {
        instance.buffer.pointTo(EMPTY, 0, 0);
        int home = home();
        for (int i = 0; i < IDLE_MAX; i++) {
            if (idle.compareAndSet((home + i) % IDLE_MAX, null, instance)) {
                return;
            }
        }
    }

    /**
     * Fory puts itself in order after an exception, but not when the JVM gave up somewhere in its
     * middle.
     */
    private void releaseIfIntact(Instance instance, Throwable thrown) {
        if (!broke(thrown) && !broke(reason(thrown))) {
            release(instance);
        }
    }

    private static boolean broke(Throwable thrown) {
        return thrown instanceof VirtualMachineError || thrown instanceof LinkageError;
    }

    private static int home() {
        return (int) (Thread.currentThread().threadId() % IDLE_MAX);
    }

    private Instance create() {
        Fory fory = Fory.builder()
                .withXlang(false)
                .withCompatible(true)
                .withDeserializeUnknownClass(false)
                .withRefTracking(true)
                .serializeEnumByName(true)
                .requireClassRegistration(true)
                .withMaxDepth(DEPTH_MAX)
                .withMaxGraphMemoryBytes(Runtime.getRuntime().maxMemory() / 2)
                .withMaxUnbackedContainerItems(UNBACKED_ELEMENTS_MAX)
                .withMaxTypeFields(TYPE_FIELDS_MAX)
                .withMaxTypeMetaBytes(TYPE_DESCRIPTION_LENGTH_MAX)
                .withMaxSchemaVersionsPerType(TYPE_VERSIONS_MAX)
                .withMaxAverageSchemaVersionsPerType(TYPE_VERSIONS_MAX)
                .withSerializerFactory(ForyInstances::refusalOfCode)
                .withClassLoader(loader)
                .withSharedRegistry(shared)
                .build();
        for (Class<?> type : registered) {
            // Those of the JDK that Fory knows by itself have their number already.
            if (!fory.getTypeResolver().isRegistered(type)) {
                fory.register(type, type.getName());
            }
        }
        refuse(fory, Class.class);
        refuse(fory, SerializedLambda.class);
        refuse(fory, LambdaSerializer.ReplaceStub.class);
        refuse(fory, JdkProxySerializer.ReplaceStub.class);
        return new Instance(fory);
    }

    private static @Nullable Serializer<?> refusalOfCode(TypeResolver resolver, Class<?> type) {
        return type.isHidden() || Proxy.isProxyClass(type) ? new Refusal(resolver, type) : null;
    }

    private static void refuse(Fory fory, Class<?> type) {
        fory.registerSerializer(type, new Refusal(fory.getTypeResolver(), type));
    }

    private static IllegalArgumentException refusal(Class<?> type, Throwable thrown) {
        Throwable reason = reason(thrown);
        if (reason instanceof StackOverflowError) {
            return new IllegalArgumentException(
                    "value nested too deeply for this thread's stack: class="
                            + type.getTypeName());
        }
        String unregistered = unregistered(reason);
        if (unregistered != null) {
            return new IllegalArgumentException("class not registered: class=" + unregistered
                    + ", inValueOf=" + type.getTypeName()
                    + "; add it with Codecs.builder().register(...)");
        }
        return new IllegalArgumentException("value cannot be encoded: class=" + type.getTypeName()
                + ", reason=" + reason, reason);
    }

    private static CodecException undecodable(Throwable thrown) {
        Throwable reason = reason(thrown);
        String unregistered = unregistered(reason);
        if (unregistered != null) {
            return new CodecException(
                    "class of encoded object not registered: class=" + unregistered
                            + "; add it with Codecs.builder().register(...)");
        }
        return new CodecException("encoded object cannot be read: reason=" + reason, reason);
    }

    /** What Fory wrapped; its wrapper's text spells out all objects read so far, however many. */
    private static Throwable reason(Throwable thrown) {
        Throwable cause = thrown.getCause();
        if (cause instanceof OutOfMemoryError error) {
            throw error;
        }
        return thrown instanceof ForyException && cause != null ? cause : thrown;
    }

    private static @Nullable String unregistered(Throwable reason) {
        if (reason instanceof InsecureException && reason.getMessage() != null) {
            Matcher matcher = UNREGISTERED.matcher(reason.getMessage());
            return matcher.find() ? matcher.group(1) : null;
        }
        return null;
    }

    /** One Fory and the buffer it works on; belongs to whoever took it out of the idle ones. */
    private static final class Instance {
        final Fory fory;
        final MemoryBuffer buffer = MemoryUtils.wrap(EMPTY);

        Instance(Fory fory) {
            this.fory = fory;
        }
    }

    /** Stands where code would travel as data. */
    private static final class Refusal extends Serializer<Object> {
        @SuppressWarnings("unchecked") // It never makes or takes one.
        Refusal(TypeResolver resolver, Class<?> type) {
            super(resolver.getConfig(), (Class<Object>) type);
        }

        @Override
        public void write(WriteContext context, Object value) {
            throw new InsecureException(
                    "objects of this class do not travel: class=" + type.getTypeName());
        }

        @Override
        public Object read(ReadContext context) {
            throw new InsecureException(
                    "objects of this class do not travel: class=" + type.getTypeName());
        }
    }
}
