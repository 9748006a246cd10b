package io.ddict.bench.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pieces of a test's source, between {@code // snippet: name} and {@code // end}. */
final class Snippets {
    private static final Pattern START = Pattern.compile("\\s*// snippet: ([a-z-]+)");
    private static final Pattern END = Pattern.compile("\\s*// end");

    private Snippets() {}

    /** The snippets of a source file by their names, each without its common indentation. */
    static Map<String, String> of(Path source) throws IOException {
        Map<String, String> snippets = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(source);
        for (int i = 0; i < lines.size(); i++) {
            Matcher start = START.matcher(lines.get(i));
            if (start.matches()) {
                List<String> body = new ArrayList<>();
                for (i++; !END.matcher(lines.get(i)).matches(); i++) {
                    body.add(lines.get(i));
                }
                snippets.put(start.group(1), String.join("\n", body).stripIndent());
            }
        }
        return snippets;
    }
}
