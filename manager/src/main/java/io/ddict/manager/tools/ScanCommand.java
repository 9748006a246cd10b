package io.ddict.manager.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.SequenceWriter;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "scan",
        description = "Prints the keys, one on a line, in no particular order.")
final class ScanCommand extends DictionaryCommand {
    // So that an entry stays one line that a person can take in; `get` prints the whole value.
    private static final int VALUE_TEXT_LENGTH_MAX = 200;

    @Option(names = "--limit", paramLabel = "N", description = "Print no more than N keys.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--values",
            description = "Print the values too, after a tab; long ones are cut.")
    private boolean values;

    @Option(names = "--json", description = "Print a JSON array; its values are not cut.")
    private boolean json;

    /** A key, and its value if it was asked for. */
    private record Found(Object key, @Nullable Object value) {
        String line() {
            String text = ValueText.line(key, Integer.MAX_VALUE);
            return value == null
                    ? text
                    : text + "\t" + ValueText.line(value, VALUE_TEXT_LENGTH_MAX);
        }

        Element element() {
            return value == null
                    ? new Element(ValueText.json(key), null, null)
                    : new Element(
                            ValueText.json(key),
                            ValueText.typeName(value),
                            ValueText.json(value));
        }
    }

    /** What {@code --json} prints for each. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Element(Object key, @Nullable String type, @Nullable Object value) {}

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
        Iterator<Found> found = found(dictionary).limit(limit).iterator();
        if (!json) {
            found.forEachRemaining(each -> out.println(each.line()));
            return ExitCodes.OK;
        }
        try (SequenceWriter array = Json.startArray(out)) {
            while (found.hasNext()) {
                array.write(found.next().element());
            }
        }
        out.println();
        return ExitCodes.OK;
    }

    private Stream<Found> found(DDict<Object, Object> dictionary) {
        return values
                ? stream(dictionary.entries()).map(e -> new Found(e.getKey(), e.getValue()))
                : stream(dictionary.keys()).map(key -> new Found(key, null));
    }

    private static <T> Stream<T> stream(Iterable<T> iterable) {
        return StreamSupport.stream(iterable.spliterator(), false);
    }
}
