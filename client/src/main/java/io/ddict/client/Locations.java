package io.ddict.client;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.DictionaryOrder;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Request;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks a node service for dictionaries: to make one, or where one is. */
final class Locations {
    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration RESTORE_TIMEOUT = Duration.ofHours(1);

    private Locations() {}

    /** Has a dictionary made; its name is in the answer. */
    static DictionaryLocation create(NodeConnection connection, DDictConfig config) {
        Duration timeout =
                config.restoreFrom() == DDictConfig.NOT_RESTORED
                        && config.durability() == Durability.NONE
                                ? CREATE_TIMEOUT
                                : RESTORE_TIMEOUT;
        return read(connection.call(Request.CREATE, timeout, order(config)::write));
    }

    private static DictionaryOrder order(DDictConfig config) {
        ByteSize quota = config.clientQuota();
        Placement placement = config.placement();
        Long hashSeed = config.hashSeed();
        return new DictionaryOrder(
                config.name(),
                config.managersPerNode(),
                config.nodes(),
                0,
                config.totalMemory().bytes(),
                config.entriesMax(),
                new WorkingSet(
                        config.workingSetSize(), config.waitForKeys(), config.waitForWriters()),
                new PoolLimits(
                        config.fullThreshold(),
                        quota == null ? PoolLimits.NO_QUOTA : quota.bytes(),
                        spillOfOne(config)),
                disk(config),
                placement == null ? "" : placement.name(),
                hashSeed == null
                        ? DictionaryOrder.HashSeed.DRAWN
                        : new DictionaryOrder.HashSeed(true, hashSeed),
                config.restartable());
    }

    private static long spillOfOne(DDictConfig config) {
        ByteSize spill = config.spillSize();
        long managers = (long) config.managersPerNode() * config.nodes();
        return spill == null
                ? PoolLimits.NO_SPILL
                : spill.bytes() / managers / PoolGeometry.PAGE_LENGTH * PoolGeometry.PAGE_LENGTH;
    }

    private static DictionaryOrder.Disk disk(DDictConfig config) {
        Path spillPath = config.spillPath();
        boolean isContinuous = config.durability() == Durability.CONTINUOUS;
        return new DictionaryOrder.Disk(
                config.persistPath().toAbsolutePath().toString(),
                config.persister(),
                config.persistFrequency(),
                config.persistCount(),
                config.restoreFrom(),
                config.readOnly(),
                config.durability() == Durability.CHECKPOINT,
                isContinuous ? (int) config.durabilityWindow().toMillis() : 0,
                spillPath == null ? "" : spillPath.toString());
    }

    /**
     * Finds a dictionary.
     *
     * @throws DestroyedException if there is none of the name
     */
    static DictionaryLocation find(NodeConnection connection, String dictionary) {
        return read(connection.call(Request.ATTACH, out -> Fields.writeText(out, dictionary)));
    }

    /** Refuses a handle that would look for keys where they are not. */
    static void checkPlacement(DictionaryLocation location, @Nullable Placement brought) {
        String name = brought == null ? "" : brought.name();
        String placement = location.placement();
        if (brought != UnknownPlacement.UNKNOWN && !name.equals(placement)) {
            throw new IllegalArgumentException(
                    "keys of this dictionary are placed by another function: dictionary="
                            + location.name()
                            + ", placement="
                            + (placement.isEmpty() ? "by hash" : placement)
                            + ", yours="
                            + (name.isEmpty() ? "by hash" : name)
                            + "; attach with AttachOptions.withPlacement(...)");
        }
    }

    private static DictionaryLocation read(DataInputStream answer) {
        try (answer) {
            return DictionaryLocation.read(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
