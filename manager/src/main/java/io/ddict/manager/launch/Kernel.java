package io.ddict.manager.launch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/*
 * Loaded on first use, as linking takes some 50 ms: a process that is bound to no CPU starts without it.
 * A set of CPUs is a field of bits, in words of 64.
 */

/** Calls of the C library that Java has no API for. */
final class Kernel {
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;

    /** As many as a kernel can have. */
    private static final int CPUS_MAX = 8192;
    private static final int SET_LENGTH = CPUS_MAX / Byte.SIZE;
    private static final int CALLING_THREAD = 0;

    private static final MethodHandle KILL = function("kill",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle GET_AFFINITY = affinityFunction("sched_getaffinity");
    private static final MethodHandle SET_AFFINITY = affinityFunction("sched_setaffinity");

    private Kernel() {}

    /** Sends a signal to a process, or to a group if the number is negative; false if it is not there. */
    static boolean kill(long processId, int signal) {
        try {
            return (int) KILL.invokeExact((int) processId, signal) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("kill cannot be called", e);
        }
    }

    /** The CPUs that the calling thread may run on, in order. */
    static List<Integer> affinity() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SET_LENGTH, Long.BYTES);
            check((int) GET_AFFINITY.invokeExact(CALLING_THREAD, (long) SET_LENGTH, set));
            List<Integer> cpus = new ArrayList<>();
            for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
                if ((word(set, cpu) & bit(cpu)) != 0) {
                    cpus.add(cpu);
                }
            }
            return List.copyOf(cpus);
        } catch (Throwable e) {
            throw new IllegalStateException("affinity cannot be asked", e);
        }
    }

    /** Lets the calling thread, and what it starts, run on these CPUs only. */
    static void bind(List<Integer> cpus) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SET_LENGTH, Long.BYTES);
            for (int cpu : cpus) {
                set.setAtIndex(ValueLayout.JAVA_LONG, cpu / Long.SIZE, word(set, cpu) | bit(cpu));
            }
            check((int) SET_AFFINITY.invokeExact(CALLING_THREAD, (long) SET_LENGTH, set));
        } catch (Throwable e) {
            throw new IllegalStateException("affinity cannot be set: cpus=" + cpus, e);
        }
    }

    private static long word(MemorySegment set, int cpu) {
        return set.getAtIndex(ValueLayout.JAVA_LONG, cpu / Long.SIZE);
    }

    private static long bit(int cpu) {
        return 1L << cpu;
    }

    private static void check(int result) {
        if (result < 0) {
            throw new IllegalStateException("kernel refused");
        }
    }

    private static MethodHandle affinityFunction(String name) {
        return function(name,
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    }

    @SuppressWarnings("restricted") // The service runs with --enable-native-access.
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
