package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        description = "Prints the value of a key, in a readable form, and a line break.")
final class GetCommand extends DictionaryCommand {
    @Parameters(paramLabel = "KEY", description = "The key, a String.")
    private String key = "";

    @ArgGroup
    private Form form = new Form();

    private static final class Form {
        @Option(
                names = "--raw",
                description = "Print the value's bytes as they are, without a line break.")
        private boolean raw;

        @Option(names = "--json", description = "Print key, type and value as JSON.")
        private boolean json;
    }

    /** What {@code --json} prints. */
    record Answer(String key, String type, Object value) {}

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        goToNewest(dictionary);
        Object value = dictionary.get(key);
        if (value == null) {
            return absent(key);
        }
        print(value);
        return ExitCodes.OK;
    }

    private void print(Object value) throws IOException {
        PrintStream out = terminal().out();
        if (form.json) {
            Json.print(out, new Answer(key, ValueText.typeName(value), ValueText.json(value)));
        } else if (form.raw) {
            out.write(ValueText.raw(value));
        } else {
            out.println(ValueText.of(value));
        }
    }
}
