package io.ddict.bench.gups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.bench.peers.Shape;
import io.ddict.bench.peers.Store;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelTest {
    private static final Shape SHAPE = new Shape(64, 100, 1, 1, false);
    private static final long DURATION_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final MapStore store = new MapStore();
    private final Kernel kernel = new Kernel(store, SHAPE, 0);

    @Test
    void insertsEachKeyOnce() {
        Outcome outcome = run(Phase.INSERT);

        assertThat(outcome.ops()).isEqualTo(100);
        assertThat(store.values).hasSize(100);
        assertThat(kernel.verify()).isEqualTo(100);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INSERT")
    void runsEveryPhaseUntilItsTimeIsOver(Phase phase) {
        run(Phase.INSERT);

        Outcome outcome = run(phase);
        Outcome timed = kernel.runTimed(phase, System.nanoTime(), DURATION_NS, 10_000);

        assertThat(outcome.ops()).isPositive();
        assertThat(outcome.endNs() - outcome.startNs()).isGreaterThanOrEqualTo(DURATION_NS);
        assertThat(timed.latenciesNs().getTotalCount()).isEqualTo(timed.ops());
        assertThat(kernel.verify()).isEqualTo(100);
    }

    @Test
    void insertsUntilItsTimeIsOverIfItHasOne() {
        Kernel longValues = new Kernel(store, new Shape(64 << 10, 100, 1, 1, false), 0);

        Outcome outcome = longValues.run(Phase.INSERT, System.nanoTime(), 1, 1);

        assertThat(outcome.ops()).isEqualTo(4).isEqualTo(store.values.size());
    }

    @Test
    void batchesHoldAsManyPairsAsFitAndCountEachOfThem() {
        run(Phase.INSERT);

        Outcome outcome = run(Phase.BATCH_PUT);

        assertThat(PairBatch.pairsMax(64)).isEqualTo(64);
        assertThat(PairBatch.pairsMax(64 << 10)).isEqualTo(3);
        assertThat(PairBatch.pairsMax(64 << 20)).isEqualTo(1);
        assertThat(store.batches).allMatch(pairs -> pairs == 64);
        assertThat(outcome.ops()).isEqualTo(64L * store.batches.size());
    }

    @Test
    void failsWhenTheStoreLosesOnePairOfABatch() {
        run(Phase.INSERT);
        store.ignoresLastOfBatch = true;
        run(Phase.BATCH_PUT);

        assertThatThrownBy(kernel::verify).isInstanceOf(WrongContentException.class);
    }

    @Test
    void doesTheLeastNumberOfOperationsHoweverLongTheyTake() {
        run(Phase.INSERT);

        Outcome outcome = kernel.run(Phase.OVERWRITE, System.nanoTime(), 0, 5_000);

        assertThat(outcome.ops()).isGreaterThanOrEqualTo(5_000);
    }

    @Test
    void failsWhenTheStoreLosesAKey() {
        run(Phase.INSERT);
        store.values.clear();

        assertThatThrownBy(() -> run(Phase.INTO_HOT)).isInstanceOf(WrongContentException.class);
        assertThatThrownBy(kernel::verify).isInstanceOf(WrongContentException.class);
    }

    @Test
    void failsWhenTheStoreKeepsAnOlderValue() {
        run(Phase.INSERT);
        store.ignoresPuts = true;
        run(Phase.OVERWRITE);

        assertThatThrownBy(kernel::verify)
                .isInstanceOf(WrongContentException.class)
                .hasMessageContaining("wrong byte");
    }

    @Test
    void failsWhenOneByteInTheMiddleIsWrong() {
        run(Phase.INSERT);
        store.values.values().iterator().next()[32] ^= 1;

        assertThatThrownBy(kernel::verify)
                .isInstanceOf(WrongContentException.class)
                .hasMessageContaining("offset=32B");
    }

    @Test
    void failsWhenAGetReturnsTheValueOfAnotherKey() {
        run(Phase.INSERT);
        byte[] one = store.values.values().iterator().next();
        store.values.replaceAll((key, value) -> one);

        assertThatThrownBy(() -> run(Phase.GET_RANDOM)).isInstanceOf(WrongContentException.class);
        assertThatThrownBy(() -> run(Phase.VIEW_RANDOM)).isInstanceOf(WrongContentException.class);
    }

    private Outcome run(Phase phase) {
        return kernel.run(phase, System.nanoTime(), DURATION_NS, 1);
    }

    private static final class MapStore implements Store {
        private final Map<ByteBuffer, byte[]> values = new HashMap<>();
        private final List<Integer> batches = new ArrayList<>();
        private boolean ignoresPuts;
        private boolean ignoresLastOfBatch;

        @Override
        public void put(byte[] key, byte[] value) {
            if (!ignoresPuts) {
                values.put(ByteBuffer.wrap(key.clone()), value.clone());
            }
        }

        @Override
        public void putBatch(byte[][] keys, byte[][] batchValues) {
            batches.add(keys.length);
            int count = ignoresLastOfBatch ? keys.length - 1 : keys.length;
            for (int i = 0; i < count; i++) {
                put(keys[i], batchValues[i]);
            }
        }

        @Override
        public byte[] get(byte[] key) {
            byte[] value = values.get(ByteBuffer.wrap(key));
            return value == null ? null : value.clone();
        }

        @Override
        public int get(byte[] key, byte[] buffer) {
            byte[] value = values.get(ByteBuffer.wrap(key));
            if (value == null) {
                return -1;
            }
            System.arraycopy(value, 0, buffer, 0, value.length);
            return value.length;
        }

        @Override
        public long view(byte[] key) {
            byte[] value = values.get(ByteBuffer.wrap(key));
            if (value == null) {
                return ABSENT;
            }
            boolean same = Arrays.equals(
                    value, 0, Long.BYTES, value, value.length - Long.BYTES, value.length);
            return same ? ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(0) : MIXED;
        }

        @Override
        public void clear() {
            values.clear();
        }

        @Override
        public void awaitApplied() {}

        @Override
        public void close() {}
    }
}
