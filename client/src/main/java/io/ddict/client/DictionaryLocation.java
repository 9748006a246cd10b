package io.ddict.client;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Request;
import io.ddict.store.pool.PoolLimits;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a dictionary's pools are, as its node service tells.
 *
 * @param node name of the service's machine
 * @param placement name of the function that places the keys; empty if their hash does
 * @param takenOver whether it was kept from an earlier service, and not made
 */
record DictionaryLocation(
        String name,
        List<Path> poolDirectories,
        String node,
        String placement,
        boolean takenOver) {
    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration RESTORE_TIMEOUT = Duration.ofHours(1);

    static DictionaryLocation create(NodeConnection connection, DDictConfig config) {
        Duration timeout =
                config.restoreFrom() == DDictConfig.NOT_RESTORED
                        && config.durability() == Durability.NONE
                                ? CREATE_TIMEOUT
                                : RESTORE_TIMEOUT;
        return read(connection.call(Request.CREATE, timeout, out -> {
            out.writeUTF(config.name());
            out.writeInt(config.managersPerNode());
            out.writeLong(config.totalMemory().bytes());
            out.writeLong(config.entriesMax());
            out.writeInt(config.workingSetSize());
            out.writeBoolean(config.waitForKeys());
            out.writeBoolean(config.waitForWriters());
            out.writeDouble(config.fullThreshold());
            out.writeLong(
                    config.clientQuota() == null
                            ? PoolLimits.NO_QUOTA
                            : config.clientQuota().bytes());
            writePersistence(out, config);
            out.writeUTF(config.placement() == null ? "" : config.placement().name());
            out.writeBoolean(config.hashSeed() != null);
            out.writeLong(config.hashSeed() == null ? 0 : config.hashSeed());
            out.writeBoolean(config.restartable());
        }));
    }

    private static void writePersistence(DataOutputStream out, DDictConfig config)
            throws IOException {
        out.writeUTF(config.persister());
        out.writeUTF(config.persistPath().toAbsolutePath().toString());
        out.writeInt(config.persistFrequency());
        out.writeInt(config.persistCount());
        out.writeLong(config.restoreFrom());
        out.writeBoolean(config.readOnly());
        out.writeBoolean(config.durability() == Durability.CHECKPOINT);
        boolean isContinuous = config.durability() == Durability.CONTINUOUS;
        out.writeUTF(config.persistPath().toAbsolutePath().toString());
        out.writeInt(isContinuous ? (int) config.durabilityWindow().toMillis() : 0);
    }

    static DictionaryLocation find(NodeConnection connection, String dictionary) {
        return read(connection.call(Request.ATTACH, out -> out.writeUTF(dictionary)));
    }

    /** Refuses a handle that would look for keys where they are not. */
    void checkPlacement(@Nullable Placement brought) {
        String name = brought == null ? "" : brought.name();
        if (brought != UnknownPlacement.UNKNOWN && !name.equals(placement)) {
            throw new IllegalArgumentException(
                    "keys of this dictionary are placed by another function: dictionary="
                            + this.name
                            + ", placement="
                            + (placement.isEmpty() ? "by hash" : placement)
                            + ", yours="
                            + (name.isEmpty() ? "by hash" : name)
                            + "; attach with AttachOptions.withPlacement(...)");
        }
    }

    private static DictionaryLocation read(DataInputStream answer) {
        try (answer) {
            String name = answer.readUTF();
            List<Path> directories = new ArrayList<>();
            for (int left = answer.readInt(); left > 0; left--) {
                directories.add(Path.of(answer.readUTF()));
            }
            return new DictionaryLocation(
                    name, List.copyOf(directories), answer.readUTF(), answer.readUTF(),
                    answer.readBoolean());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
