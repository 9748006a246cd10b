package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.common.collect.testing.ConcurrentMapTestSuiteBuilder;
import com.google.common.collect.testing.TestStringMapGenerator;
import com.google.common.collect.testing.features.CollectionFeature;
import com.google.common.collect.testing.features.CollectionSize;
import com.google.common.collect.testing.features.MapFeature;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import junit.framework.TestFailure;
import junit.framework.TestResult;
import junit.framework.TestSuite;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A dictionary seen as a map does what Guava's test suite for concurrent maps asks of one. */
class AsMapIT {
    private static final int THREADS = 4;
    private static final int ROUNDS = 2_000;

    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private final List<DDict<String, String>> made = new ArrayList<>();

    @TestFactory
    @Timeout(300)
    Stream<DynamicNode> passesTheSuiteOfGuava() {
        TestSuite suite = ConcurrentMapTestSuiteBuilder.using(new Maps())
                .named("DDict.asMap")
                .withFeatures(
                        MapFeature.GENERAL_PURPOSE,
                        CollectionFeature.SUPPORTS_ITERATOR_REMOVE,
                        CollectionSize.ANY)
                .createTestSuite();
        return nodes(suite);
    }

    @Test
    void losesNoUpdateOfManyThreadsThatMerge() throws Exception {
        ConcurrentMap<String, Long> map = SERVICE.<String, Long>create().asMap();
        CyclicBarrier start = new CyclicBarrier(THREADS);
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                all.add(threads.submit(() -> {
                    start.await();
                    for (int round = 0; round < ROUNDS; round++) {
                        map.merge("key-" + round % 3, 1L, Long::sum);
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(map.values().stream().mapToLong(Long::longValue).sum())
                .isEqualTo((long) THREADS * ROUNDS);
    }

    private Stream<DynamicNode> nodes(TestSuite suite) {
        return Collections.list(suite.tests()).stream()
                .map(each -> each instanceof TestSuite inner
                        ? DynamicContainer.dynamicContainer(inner.getName(), nodes(inner))
                        : DynamicTest.dynamicTest(each.toString(), () -> run(each)));
    }

    private void run(junit.framework.Test test) {
        TestResult result = new TestResult();
        try {
            test.run(result);
        } finally {
            made.forEach(DDict::destroy);
            made.clear();
        }
        for (TestFailure failure : Stream.concat(
                Collections.list(result.failures()).stream(),
                Collections.list(result.errors()).stream()).toList()) {
            fail(failure.toString(), failure.thrownException());
        }
        assertThat(result.runCount()).isEqualTo(1);
    }

    /** Makes each map of a dictionary of its own. */
    private final class Maps extends TestStringMapGenerator {
        @Override
        protected Map<String, String> create(Map.Entry<String, String>[] entries) {
            DDict<String, String> dict = SERVICE.create(DDictConfig.builder()
                    .totalMemory(ByteSize.mib(8))
                    .managersPerNode(2));
            made.add(dict);
            for (Map.Entry<String, String> entry : entries) {
                dict.put(entry.getKey(), entry.getValue());
            }
            return dict.asMap();
        }
    }
}
