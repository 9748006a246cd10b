package io.ddict.manager.serving;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/*
 * How a sleeping manager is woken: a named pipe that clients write one byte to; and a client that waits for
 * long, by one of its own that the manager writes to. A futex wakes as
 * fast, but waking one takes a system call that Java only reaches by a foreign function, and for
 * that a client's JVM would print a warning or need a flag. Writing to a pipe needs neither. The
 * node service has the flag, so it may poll with a timeout.
 */

/** A named pipe that somebody sleeps on. One thread waits; {@link #ring} is for any. */
public final class Doorbell implements AutoCloseable {
    /** Name of the pipe in a pool's directory. */
    public static final String FILE_NAME = "doorbell";

    private static final int MODE_OWNER = 0600;
    private static final int O_RDWR_NONBLOCK = 02 | 04000;
    private static final short POLLIN = 1;
    private static final int DRAIN_LENGTH = 512;
    private static final MethodHandle MKFIFO =
            handle("mkfifo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle POLL =
            handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle READ =
            handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pollRequest = arena.allocate(8, 4);
    private final MemorySegment buffer = arena.allocate(DRAIN_LENGTH);
    private final int descriptor;
    private boolean closed;

    private Doorbell(int descriptor) {
        this.descriptor = descriptor;
        pollRequest.set(JAVA_INT, 0, descriptor);
        pollRequest.set(JAVA_SHORT, 4, POLLIN);
    }

    /** Makes the pipe, or takes the one that is there, and opens it. */
    public static Doorbell open(Path file) throws IOException {
        try (Arena names = Arena.ofConfined()) {
            MemorySegment path = names.allocateFrom(file.toString());
            int ignoredIfThere = (int) MKFIFO.invokeExact(path, MODE_OWNER);
            int descriptor = (int) OPEN.invokeExact(path, O_RDWR_NONBLOCK);
            if (descriptor < 0) {
                throw new IOException(
                        "doorbell cannot be opened: file="
                                + file
                                + ", mkfifo="
                                + ignoredIfThere);
            }
            return new Doorbell(descriptor);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("doorbell cannot be opened: file=" + file, e);
        }
    }

    /** Waits for a ring, at most so many milliseconds. */
    public void await(int timeoutMs) {
        try {
            int ready = (int) POLL.invokeExact(pollRequest, 1L, timeoutMs);
            if (ready > 0) {
                long _ = (long) READ.invokeExact(descriptor, buffer, (long) DRAIN_LENGTH);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("doorbell cannot be awaited", e);
        }
    }

    /** Wakes whoever waits; never waits itself. */
    public synchronized void ring() {
        if (closed) {
            return;
        }
        try (Arena bytes = Arena.ofConfined()) {
            MemorySegment one = bytes.allocateFrom(JAVA_BYTE, (byte) 1);
            long _ = (long) WRITE.invokeExact(descriptor, one, 1L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("doorbell cannot be rung", e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                int _ = (int) CLOSE.invokeExact(descriptor);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("doorbell cannot be closed", e);
            }
            arena.close();
        }
    }

    @SuppressWarnings("restricted") // the node service's flags allow it
    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
