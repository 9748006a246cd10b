package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.CallTimes;
import io.ddict.client.ClientProfile;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictStats;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long calls took, as each attachment and all together tell it. */
class CallTimesIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final int CALLS = 61 * 100;
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void timesOneCallInSixtyOneOfEachKind() {
        DDict<String, Long> dict = SERVICE.create();
        // In a thread of its own: what is timed next is counted by thread.
        Threads.run(1, index -> {
            for (int i = 0; i < CALLS; i++) {
                dict.put("key", 1L);
            }
            for (int i = 0; i < CALLS; i++) {
                dict.get("key");
            }
            for (int i = 0; i < CALLS; i++) {
                dict.getAndAdd("counter", 1);
            }
        });
        ClientProfile.Manager profile = dict.profile().managers().getFirst();
        for (CallTimes each : new CallTimes[]{profile.reads(), profile.writes(),
            profile.requests()}) {
            assertThat(each.samples()).isEqualTo(CALLS / CallTimes.CALLS_PER_SAMPLE);
            assertThat(each.p50Ns()).isPositive();
            assertThat(each.p90Ns()).isBetween(each.p50Ns(), each.p99Ns());
            assertThat(each.p999Ns()).isBetween(each.p99Ns(), each.maxNs());
        }
        assertThat(profile.refused()).isZero();
    }

    @Test
    void addsUpTheTimesOfAllLinksAlsoOfThoseThatEnded() {
        DDict<String, Long> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        for (int round = 0; round < 3; round++) {
            try (DDict<String, Long> brief =
                    SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS)) {
                Threads.run(2, index -> {
                    for (int i = 0; i < CALLS; i++) {
                        brief.get("key" + i);
                    }
                });
            }
        }
        Threads.run(1, index -> {
            for (int i = 0; i < CALLS; i++) {
                dict.get("key" + i);
            }
        });
        long expected = 7 * CALLS / CallTimes.CALLS_PER_SAMPLE;
        Await.until(SOON, () -> "links end, and all is there: " + dict.stats(),
                () -> reads(dict.stats()) == expected);
        assertThat(dict.stats().managers())
                .allSatisfy(each -> assertThat(each.reads().samples()).isPositive());
    }

    private static long reads(DDictStats stats) {
        return stats.managers().stream().mapToLong(each -> each.reads().samples()).sum();
    }
}
