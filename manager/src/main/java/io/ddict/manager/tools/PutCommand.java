package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "put",
        description = {
            "Stores a value under a key, replacing any earlier one.",
            "A value on the command line is stored as a String, one from the standard input or"
                    + " a file as byte[]."})
final class PutCommand extends DictionaryCommand {
    private static final String STANDARD_INPUT = "-";

    @Parameters(index = "0", paramLabel = "KEY", description = "The key, a String.")
    private String key = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "The value; - reads it from the standard input.")
    private @Nullable String value;

    @Option(names = "--file", paramLabel = "FILE", description = "Read the value from a file.")
    private @Nullable Path file;

    @Override
    void checkArguments() {
        if ((value == null) == (file == null)) {
            throw new IllegalArgumentException("give either VALUE or --file");
        }
    }

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        Object stored = read();
        goToNewest(dictionary);
        dictionary.put(key, stored);
        return ExitCodes.OK;
    }

    private Object read() throws IOException {
        if (file != null) {
            return Files.readAllBytes(file);
        }
        return value == null || value.equals(STANDARD_INPUT)
                ? terminal().in().readAllBytes()
                : value;
    }
}
