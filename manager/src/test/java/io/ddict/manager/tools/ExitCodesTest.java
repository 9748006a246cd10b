package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.codec.CodecException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExitCodesTest {
    @Test
    void tellsRefusalsApart() {
        Map<Status, Integer> codes = new EnumMap<>(Status.class);
        codes.putAll(Map.of(
                Status.UNAVAILABLE, 3,
                Status.DESTROYED, 3,
                Status.FULL, 4,
                Status.TIMEOUT, 5,
                Status.MANAGER_LOST, 6,
                Status.FROZEN, 70,
                Status.TYPE, 70,
                Status.DAMAGED, 70,
                Status.RETIRED, 70,
                Status.FUTURE, 70));
        codes.put(Status.NOT_PERSISTED, 3);
        codes.put(Status.INVALID_OPERATION, 70);

        for (Status status : Status.values()) {
            assertThat(ExitCodes.of(new DDictException(status, "refused")))
                    .isEqualTo(codes.get(status));
        }
    }

    @Test
    void tellsMistakesFromFailures() {
        assertThat(ExitCodes.of(new IllegalArgumentException("key too long"))).isEqualTo(2);
        assertThat(ExitCodes.of(new CodecException("unknown class"))).isEqualTo(70);
        assertThat(ExitCodes.of(new IOException("no such file"))).isEqualTo(70);
        assertThat(ExitCodes.of(new IllegalStateException("closed"))).isEqualTo(70);
    }
}
