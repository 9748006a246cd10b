package io.ddict.manager.tools;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictStats;
import io.ddict.client.Inspector;
import io.ddict.client.StoredEntry;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description = "Prints where and how a key is stored, at each checkpoint that is held.")
final class InspectCommand extends DictionaryCommand {
    @Parameters(paramLabel = "KEY", description = "The key, a String.")
    private String key = "";

    @Option(names = "--json", description = "Print JSON; its numbers are bare.")
    private boolean json;

    /** What {@code --json} prints. */
    record Answer(String key, int manager, String keyHash, List<KeyVersion> versions) {}

    /** What the checkpoints from one to another see of the key. */
    record KeyVersion(
            long oldestCheckpoint,
            long newestCheckpoint,
            long version,
            String type,
            byte tag,
            long valueLength,
            int ordinal,
            long offset) {
        static KeyVersion of(long checkpoint, StoredEntry<?, ?> entry) {
            return new KeyVersion(checkpoint, checkpoint, entry.version(), entry.type(),
                    entry.tag(), entry.valueLength(), entry.ordinal(), entry.offset());
        }

        /** Whether the next checkpoint sees the very same. */
        boolean goesOnWith(KeyVersion next) {
            return next.oldestCheckpoint == newestCheckpoint + 1
                    && next.version == version
                    && next.ordinal == ordinal;
        }

        KeyVersion through(KeyVersion last) {
            return new KeyVersion(oldestCheckpoint, last.newestCheckpoint, version, type, tag,
                    valueLength, ordinal, offset);
        }
    }

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        goToNewest(dictionary);
        Inspector<Object, Object> inspector = dictionary.inspector();
        int number = inspector.manager(key);
        DDictStats.Manager manager = dictionary.stats().managers().get(number);
        List<KeyVersion> versions = versions(inspector, manager);
        if (versions.isEmpty()) {
            return absent(key);
        }
        Answer answer = new Answer(
                key, number, "0x" + Long.toHexString(inspector.keyHash(key)), versions);
        if (json) {
            Json.print(terminal().out(), answer);
        } else {
            print(answer);
        }
        return ExitCodes.OK;
    }

    private List<KeyVersion> versions(
            Inspector<Object, Object> inspector, DDictStats.Manager manager) {
        List<KeyVersion> versions = new ArrayList<>();
        for (long checkpoint = manager.oldestCheckpoint(); checkpoint
                <= manager.newestCheckpoint(); checkpoint++) {
            StoredEntry<Object, Object> entry = find(inspector, checkpoint);
            if (entry != null) {
                add(versions, KeyVersion.of(checkpoint, entry));
            }
        }
        return versions;
    }

    private static void add(List<KeyVersion> versions, KeyVersion next) {
        if (!versions.isEmpty() && versions.getLast().goesOnWith(next)) {
            versions.add(versions.removeLast().through(next));
        } else {
            versions.add(next);
        }
    }

    private @Nullable StoredEntry<Object, Object> find(
            Inspector<Object, Object> inspector, long checkpoint) {
        try {
            return inspector.find(key, checkpoint);
        } catch (CheckpointRetiredException e) {
            // Just now, as its writers went on.
            return null;
        }
    }

    private void print(Answer answer) {
        PrintStream out = terminal().out();
        out.println("manager " + answer.manager() + ", key hash " + answer.keyHash());
        Table table = new Table(
                "version", "type", "tag", "length", "checkpoints", "ordinal", "offset");
        for (KeyVersion each : answer.versions()) {
            table.row(each.version(), each.type(), each.tag(), Figures.bytes(each.valueLength()),
                    Figures.range(each.oldestCheckpoint(), each.newestCheckpoint()),
                    each.ordinal(), each.offset());
        }
        table.print(out);
    }
}
