package io.ddict.client;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a dictionary's pools are, as its node service tells.
 *
 * @param node name of the service's machine
 * @param placement name of the function that places the keys; empty if their hash does
 */
record DictionaryLocation(
        String name, List<Path> poolDirectories, String node, String placement) {
    static DictionaryLocation create(NodeConnection connection, DDictConfig config) {
        return read(connection.call(Request.CREATE, out -> {
            out.writeUTF(config.name());
            out.writeInt(config.managersPerNode());
            out.writeLong(config.totalMemory().bytes());
            out.writeLong(config.entriesMax());
            out.writeInt(config.workingSetSize());
            out.writeBoolean(config.waitForKeys());
            out.writeBoolean(config.waitForWriters());
            out.writeUTF(config.placement() == null ? "" : config.placement().name());
            out.writeBoolean(config.hashSeed() != null);
            out.writeLong(config.hashSeed() == null ? 0 : config.hashSeed());
        }));
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
                    name, List.copyOf(directories), answer.readUTF(), answer.readUTF());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
