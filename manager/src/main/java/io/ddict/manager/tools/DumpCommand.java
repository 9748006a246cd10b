package io.ddict.manager.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.SequenceWriter;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.StoredEntry;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "dump",
        description = {
            "Prints every entry as a line of JSON, as it is read: key, type, length, version.",
            "Others may write meanwhile: each entry is shown once, as it was at some moment."})
final class DumpCommand extends DictionaryCommand {
    @Option(
            names = "--values",
            description = "Print the values too, as far as this program can read them.")
    private boolean values;

    @Option(names = "--limit", paramLabel = "N", description = "Print no more than N entries.")
    private long limit = Long.MAX_VALUE;

    /** A line; without a key if its class is of another program, without a value likewise. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(
            @Nullable Object key,
            @Nullable String keyType,
            String type,
            byte tag,
            long length,
            long version,
            @Nullable Object value) {
        static Line of(StoredEntry<Object, Object> entry) {
            Object key = entry.key();
            Object value = entry.value();
            return new Line(
                    key == null ? null : ValueText.json(key),
                    key == null ? null : ValueText.typeName(key),
                    entry.type(),
                    entry.tag(),
                    entry.valueLength(),
                    entry.version(),
                    value == null ? null : ValueText.json(value));
        }
    }

    @Override
    void checkArguments() {
        if (limit < 0) {
            throw new IllegalArgumentException("limit is negative: limit=" + limit);
        }
    }

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        goToNewest(dictionary);
        PrintStream out = terminal().out();
        Iterator<StoredEntry<Object, Object>> entries =
                dictionary.inspector().entries(values).iterator();
        long printed = 0;
        try (SequenceWriter lines = Json.startLines(out)) {
            for (; printed < limit && entries.hasNext(); printed++) {
                lines.write(Line.of(entries.next()));
            }
        }
        if (printed > 0) {
            out.println();
        }
        return ExitCodes.OK;
    }
}
