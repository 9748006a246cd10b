package io.ddict.manager.system;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts and gets in a dictionary of its own node, until it is told to end; then tells the longest that a call
 * took, in milliseconds. A call that fails ends it. Arguments: cluster.
 */
final class PulseRole implements Role {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    @Override
    public void run(Parent parent, List<String> arguments) {
        DDictConfig config = DDictConfig.builder().totalMemory(ByteSize.mib(8)).build();
        try (Cluster cluster = Cluster.connect(arguments.getFirst());
                DDict<String, Long> dict = cluster.create(config)) {
            parent.say("beats");
            long longestNs = 0;
            for (long number = 0; parent.poll() == null; number++) {
                long startNs = System.nanoTime();
                dict.put("key", number);
                if (dict.getOrThrow("key") != number) {
                    throw new IllegalStateException("another value: expected=" + number);
                }
                longestNs = Math.max(longestNs, System.nanoTime() - startNs);
                LockSupport.parkNanos(PAUSE_NS);
            }
            parent.say("longest " + TimeUnit.NANOSECONDS.toMillis(longestNs));
            dict.destroy();
        }
    }
}
