package io.ddict.client;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Request;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes handles: from a configuration, or from the text of one. */
final class Handles {
    private static final Pattern TEXT =
            Pattern.compile(
                    "ddict:1:([A-Za-z0-9][A-Za-z0-9._-]{0,79}):([A-Za-z0-9][A-Za-z0-9._-]{0,63})");

    private Handles() {}

    static <K, V> DDict<K, V> create(DDictConfig config) {
        Objects.requireNonNull(config, "config is null");
        return create(NodeProcess.home(), config);
    }

    static <K, V> DDict<K, V> create(NodeConnection connection, DDictConfig config) {
        DictionaryLocation location = Locations.create(connection, config);
        AttachOptions options = new AttachOptions(
                config.timeout(), config.codecs(), config.placement());
        try {
            OpenDictionary open = OpenDictionary.open(connection, location, options);
            if (config.restoreFrom() != DDictConfig.NOT_RESTORED) {
                open.checkpoint(config.restoreFrom());
            }
            ShardedDDict<K, V> made = new ShardedDDict<>(open, options.timeout());
            if (location.takenOver()) {
                // The first checkpoint may be retired; what was kept is to be seen.
                long _ = made.syncToNewestCheckpoint();
            }
            return made;
        } catch (RuntimeException | Error e) {
            // Nobody has a handle of it.
            connection.tell(Request.DESTROY, out -> {
                Fields.writeText(out, location.name());
                out.writeBoolean(location.takenOver() && config.outlivesItsService());
            });
            throw e;
        }
    }

    static <K, V> DDict<K, V> attach(String handle, AttachOptions options) {
        Matcher matcher = TEXT.matcher(handle);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "not a handle's text: text="
                            + handle
                            + "; it comes from DDict.serialize() and looks like"
                            + " ddict:1:<cluster>:<dictionary>");
        }
        NodeConnection connection;
        try {
            connection = NodeConnection.shared(matcher.group(1));
        } catch (DDictException e) {
            throw new ManagerLostException("node service does not answer: " + e.getMessage());
        }
        return attach(connection, matcher.group(2), options);
    }

    static <K, V> DDict<K, V> attach(
            NodeConnection connection, String dictionary, AttachOptions options) {
        DictionaryLocation location = Locations.find(connection, dictionary);
        return open(connection, location, options);
    }

    private static <K, V> DDict<K, V> open(
            NodeConnection connection, DictionaryLocation location, AttachOptions options) {
        return new ShardedDDict<>(
                OpenDictionary.open(connection, location, options), options.timeout());
    }

    static String text(String cluster, String dictionary) {
        return "ddict:1:" + cluster + ":" + dictionary;
    }
}
