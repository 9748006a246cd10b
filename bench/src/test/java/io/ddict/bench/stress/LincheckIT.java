package io.ddict.bench.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.io.IOException;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.objectweb.asm.ClassReader;

/*
 * Lincheck's stress mode over one manager: random programs of three threads on two keys, each result
 * checked for an order of the calls that explains it. The model-checking mode cannot be used: it
 * follows accesses to the heap, and this dictionary lives in mapped memory, changed by another process.
 */
@Param(name = "key", gen = IntGen.class, conf = "1:2")
@Param(name = "value", gen = IntGen.class, conf = "1:3")
public class LincheckIT {
    private static @Nullable DDict<Integer, Object> shared;

    private final DDict<Integer, Object> dict;

    public LincheckIT() {
        dict = java.util.Objects.requireNonNull(shared);
        dict.clear();
    }

    @BeforeAll
    static void create() {
        shared = DDict.create(DDictConfig.builder().totalMemory(ByteSize.mib(16)).build());
    }

    @AfterAll
    static void destroy() {
        java.util.Objects.requireNonNull(shared).destroy();
    }

    @Operation
    public @Nullable Object get(@Param(name = "key") int key) {
        return dict.get(key);
    }

    @Operation
    public void put(@Param(name = "key") int key, @Param(name = "value") int value) {
        dict.put(key, value);
    }

    @Operation
    public @Nullable Object putIfAbsent(
            @Param(name = "key") int key, @Param(name = "value") int value) {
        return dict.putIfAbsent(key, value);
    }

    @Operation
    public @Nullable Object remove(@Param(name = "key") int key) {
        return dict.remove(key);
    }

    @Operation
    public boolean replaceIfEqual(
            @Param(name = "key") int key,
            @Param(name = "value") int expected,
            @Param(name = "value") int value) {
        return dict.replace(key, expected, value);
    }

    @Operation
    public boolean containsKey(@Param(name = "key") int key) {
        return dict.containsKey(key);
    }

    /** Lincheck only warns when it cannot read the classes it should instrument, and goes on. */
    @Test
    void readsClassesOfThisJdk() throws IOException {
        String name = LincheckIT.class.getName();
        assertThat(new ClassReader(name).getClassName()).isEqualTo(name.replace('.', '/'));
    }

    @Test
    @Timeout(180)
    void isLinearizable() {
        new StressOptions()
                .threads(3)
                .actorsPerThread(4)
                .actorsBefore(1)
                .actorsAfter(1)
                .iterations(20)
                .invocationsPerIteration(300)
                .sequentialSpecification(SequentialDict.class)
                .check(LincheckIT.class);
    }

    /** What a dictionary of one thread does. */
    public static class SequentialDict {
        private final java.util.Map<Integer, Object> map = new java.util.HashMap<>();

        public @Nullable Object get(int key) {
            return map.get(key);
        }

        public void put(int key, int value) {
            map.put(key, value);
        }

        public @Nullable Object putIfAbsent(int key, int value) {
            return map.putIfAbsent(key, value);
        }

        public @Nullable Object remove(int key) {
            return map.remove(key);
        }

        public boolean replaceIfEqual(int key, int expected, int value) {
            return map.replace(key, expected, value);
        }

        public boolean containsKey(int key) {
            return map.containsKey(key);
        }
    }
}
