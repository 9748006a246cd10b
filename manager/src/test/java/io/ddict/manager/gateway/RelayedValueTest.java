package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.manager.gateway.RelayedValue.EndedException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A value that is read while it comes in, and not after its memory may be another's. */
@Timeout(20)
class RelayedValueTest {
    private static final int LENGTH = 64;
    private static final int PART = 16;

    private final byte[] bytes = new byte[LENGTH];
    private final RelayedValue value =
            new RelayedValue((byte) 7, MemorySegment.ofArray(bytes));

    @Test
    void givesAPartOnceItHasCome() throws Exception {
        FutureTask<byte[]> second = start(() -> part(PART));
        value.arrived(PART);
        assertThat(part(0)).containsOnly(0);
        assertThat(second.isDone()).isFalse();
        bytes[PART] = 5;
        value.arrived(2 * PART);
        assertThat(second.get(10, TimeUnit.SECONDS)[0]).isEqualTo((byte) 5);
    }

    @Test
    void givesNothingOnceItIsClosedEvenOfWhatHadCome() {
        FutureTask<byte[]> waiting = start(() -> part(PART));
        value.arrived(PART);
        value.close();
        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(EndedException.class);
        assertThatThrownBy(() -> part(0)).isInstanceOf(EndedException.class);
    }

    private byte[] part(int from) {
        byte[] target = new byte[PART];
        value.writePart(value, from, PART, MemorySegment.ofArray(target), 0);
        return target;
    }

    private static FutureTask<byte[]> start(Callable<byte[]> body) {
        FutureTask<byte[]> task = new FutureTask<>(body);
        Thread.ofPlatform().start(task);
        return task;
    }
}
