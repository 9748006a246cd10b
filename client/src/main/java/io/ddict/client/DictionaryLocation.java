package io.ddict.client;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a dictionary's pools are, as its node service tells.
 *
 * @param node name of the service's machine
 */
record DictionaryLocation(String name, List<Path> poolDirectories, String node) {
    static DictionaryLocation create(NodeConnection connection, DDictConfig config) {
        return read(connection.call(Request.CREATE, out -> {
            out.writeUTF(config.name());
            out.writeInt(config.managersPerNode());
            out.writeLong(config.totalMemory().bytes());
            out.writeLong(config.entriesMax());
            out.writeInt(config.workingSetSize());
            out.writeBoolean(config.waitForKeys());
            out.writeBoolean(config.waitForWriters());
        }));
    }

    static DictionaryLocation find(NodeConnection connection, String dictionary) {
        return read(connection.call(Request.ATTACH, out -> out.writeUTF(dictionary)));
    }

    private static DictionaryLocation read(DataInputStream answer) {
        try (answer) {
            String name = answer.readUTF();
            List<Path> directories = new ArrayList<>();
            for (int left = answer.readInt(); left > 0; left--) {
                directories.add(Path.of(answer.readUTF()));
            }
            return new DictionaryLocation(name, List.copyOf(directories), answer.readUTF());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
