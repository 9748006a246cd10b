package io.ddict.client.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.WorkingSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CollectedPutsTest {
    private static final Codecs CODECS = Codecs.standard();
    private static final long SEED = Long.getLong("ddict.test.seed", System.nanoTime());
    private static final int DAMAGES = 100_000;

    private final Random random = new Random(SEED);
    private final CollectedPuts sent = new CollectedPuts();
    private final CollectedPuts taken = new CollectedPuts();

    @Test
    void takesWhatAnotherHasCollectedWhateverItHadBefore() {
        for (int count : new int[]{3, 100, 0, CollectedPuts.COUNT_MAX, 1}) {
            collect(count, 150);
            taken.replaceBy(operations(), count);
            assertThat(taken.count()).isEqualTo(count);
            for (int index = 0; index <= count; index++) {
                assertThat(taken.offset(index)).isEqualTo(sent.offset(index));
            }
            assertThat(taken.segment().asSlice(0, taken.offset(count)).mismatch(operations()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void takesAsMuchAsFits() {
        while (sent.hasRoom(8, 4_000)) {
            collect(sent.count() + 1, 4_000);
        }
        taken.replaceBy(operations(), sent.count());
        assertThat(taken.count()).isEqualTo(sent.count()).isGreaterThan(60);
    }

    @Test
    void takesNothingButWhatAPutOfABatchHas() {
        collect(2, 100);
        MemorySegment operations = operations();
        Operation first = new Operation(new MemoryRegion(operations));
        first.writeHeader(
                Operation.PUT, Operation.IF_ABSENT, first.keyTag(), first.valueTag(),
                first.keyLength(), first.hash());
        first.writeOperands(first.valueLength(), 11, 12, 13, 14);
        taken.replaceBy(operations, 2);
        Operation seen = new Operation(new MemoryRegion(taken.segment()));
        assertThat(seen.flags()).isZero();
        assertThat(new long[]{seen.correlation(), seen.operand(), seen.block()})
                .containsOnly(0);
        assertThat(seen.checkpoint()).isEqualTo(14);
        assertThat(taken.hash(0)).isEqualTo(sent.hash(0));
        assertThat(taken.valueLength(0)).isEqualTo(sent.valueLength(0));
    }

    @Test
    void refusesWhatIsNoBatchAndCanBeUsedAgain() {
        refuses(operation -> header(operation, Operation.REMOVE, operation.keyLength()));
        refuses(operation -> header(operation, Operation.PUT, -1));
        refuses(operation -> header(operation, Operation.PUT, Integer.MAX_VALUE));
        refuses(operation -> operation.writeOperands(-1, 0, 0, 0));
        refuses(operation -> operation.writeOperands(Long.MAX_VALUE, 0, 0, 0));
        refuses(operation -> operation.writeOperands(4_097, 0, 0, 0));
        refuses(operation -> operation.writeOperands(operation.valueLength() + 64, 0, 0, 0));
        refuses(operation -> operation.writeOperands(
                operation.valueLength(), 0, 0, 0, WorkingSet.CHECKPOINT_MAX + 1));
        refuses(operation -> operation.writeOperands(operation.valueLength(), 0, 0, 0, -1));
        collect(3, 100);
        for (long number : new long[]{-1, 2, 4, Long.MAX_VALUE, CollectedPuts.COUNT_MAX + 1}) {
            refuses(operations(), number);
        }
        refuses(operations().asSlice(0, operations().byteSize() - 1), 3);
        refuses(MemorySegment.ofArray(new long[(CollectedPuts.LENGTH_MAX >> 3) + 1]), 1);
        taken.replaceBy(operations(), 3);
        assertThat(taken.count()).isEqualTo(3);
    }

    // Of three the last.
    private void refuses(Consumer<Operation> damage) {
        collect(3, 100);
        MemorySegment operations = operations();
        damage.accept(new Operation(new MemoryRegion(operations))
                .wrap(new MemoryRegion(operations), sent.offset(2)));
        refuses(operations, 3);
    }

    private void refuses(MemorySegment operations, long number) {
        assertThatThrownBy(() -> taken.replaceBy(operations, number))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("batch is malformed: puts=" + number);
        assertThat(taken.count()).isZero();
    }

    private static void header(Operation operation, byte kind, int keyLength) {
        operation.writeHeader(
                kind, (byte) 0, operation.keyTag(), operation.valueTag(), keyLength,
                operation.hash());
    }

    @Test
    void keepsWithinWhatCameWhateverIsDamaged() {
        collect(20, 300);
        byte[] whole = operations().toArray(ValueLayout.JAVA_BYTE);
        int refused = 0;
        for (int round = 0; round < DAMAGES; round++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(10) == 0
                    ? random.nextInt(whole.length) & -Long.BYTES
                    : whole.length);
            for (int left = random.nextInt(4); left > 0 && damaged.length > 0; left--) {
                int offset = sent.offset(random.nextInt(20)) + random.nextInt(56);
                if (offset < damaged.length) {
                    damaged[offset] = (byte) random.nextInt();
                }
            }
            refused += takes(damaged) ? 0 : 1;
        }
        assertThat(refused).as("seed=" + SEED).isBetween(DAMAGES / 10, DAMAGES - DAMAGES / 10);
    }

    private boolean takes(byte[] operations) {
        try {
            taken.replaceBy(MemorySegment.ofArray(operations), 20);
        } catch (IllegalArgumentException e) {
            return false;
        }
        for (int index = 0; index < taken.count(); index++) {
            long taking = Operation.length(0, taken.valueLength(index));
            assertThat(taken.offset(index) + taking).as("seed=" + SEED)
                    .isLessThanOrEqualTo(taken.offset(index + 1));
        }
        assertThat(taken.offset(taken.count())).as("seed=" + SEED).isEqualTo(operations.length);
        return true;
    }

    private void collect(int count, int length) {
        if (sent.count() >= count) {
            sent.clear();
        }
        while (sent.count() < count) {
            CallContext call = new CallContext();
            call.begin();
            CODECS.encodeKey("key-" + sent.count() % 1000, call.key());
            call.hash(random.nextLong());
            byte[] value = new byte[length];
            random.nextBytes(value);
            Codec<byte[]> codec = CODECS.forValue(value);
            sent.add(call, codec, value, codec.prepare(value, call.scratch()));
        }
    }

    // On the heap, but aligned.
    private MemorySegment operations() {
        int length = sent.offset(sent.count());
        assertThat(length % PostingRing.STAGING_UNIT).isZero();
        MemorySegment copy = MemorySegment.ofArray(new long[length / Long.BYTES]);
        return copy.copyFrom(sent.segment().asSlice(0, length));
    }
}
