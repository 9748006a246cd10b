package io.ddict.pool.sync;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.SharedCounter;
import io.ddict.client.node.NodeProcess;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/*
 * The dictionary is made by whoever needs it first. Two may try at once: then one is refused, and finds
 * what the other made.
 */

/** The small dictionary of a cluster in which locks and the like have their state. */
final class SyncSpace {
    /** Name of the dictionary. */
    static final String NAME = "ddict-sync";

    private static final int ATTEMPTS = 100;
    private static final Map<String, SyncSpace> ALL = new ConcurrentHashMap<>();

    private final String cluster;
    private final DDict<String, Object> dict;

    private SyncSpace(String cluster, DDict<String, Object> dict) {
        this.cluster = cluster;
        this.dict = dict;
    }

    /** That of the cluster that this program belongs to. */
    static SyncSpace home() {
        return of(NodeProcess.home().cluster());
    }

    /** That of a cluster. */
    static SyncSpace of(String cluster) {
        return ALL.compute(
                cluster, (name, known) -> known != null && known.isUsable() ? known : open(name));
    }

    private static SyncSpace open(String cluster) {
        DDictException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                return new SyncSpace(cluster, DDict.attach("ddict:1:" + cluster + ":" + NAME));
            } catch (DestroyedException e) {
                last = e;
            }
            try (Cluster connected = Cluster.connect(cluster)) {
                connected.<String, Object>create(config()).close();
            } catch (IllegalArgumentException e) {
                // Another process was faster.
            } catch (DDictException e) {
                if (e.status() != DDictException.Status.UNAVAILABLE) {
                    throw e;
                }
                // It is just being made.
                last = e;
                Thread.yield();
            }
        }
        throw last;
    }

    private static DDictConfig config() {
        return DDictConfig.builder().name(NAME).totalMemory(ByteSize.mib(16)).build();
    }

    private boolean isUsable() {
        try {
            return !dict.isFrozen();
        } catch (DDictException | IllegalStateException e) {
            return false;
        }
    }

    String cluster() {
        return cluster;
    }

    DDict<String, Object> dict() {
        return dict;
    }

    /** The integer of an object. */
    SharedCounter counter(String key) {
        return SharedCounter.of(dict, key);
    }

    /** A name that nobody has. */
    static String newName() {
        return UUID.randomUUID().toString();
    }
}
