package io.ddict.bench.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One page of the documentation, taken apart as far as the tests look at it.
 *
 * @param file relative to the repository
 * @param blocks fenced blocks
 * @param tables tables with a line under their header
 * @param links targets of links, as they are written
 * @param anchors what links within the page may name
 */
record Page(
        Path file, List<Block> blocks, List<Table> tables, List<String> links,
        Set<String> anchors) {
    private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: ([a-z-]+) -->");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");
    private static final Pattern LINK = Pattern.compile("\\[[^]]*]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final String FENCE = "```";

    /**
     * A fenced block.
     *
     * @param language what stands behind its first fence
     * @param snippet name in the comment above it, or empty
     * @param text its lines
     */
    record Block(String language, String snippet, String text) {}

    /** A table: names of its columns, and the texts of its cells. */
    record Table(List<String> columns, List<List<String>> rows) {
        boolean has(String column) {
            return columns.contains(column);
        }

        /** The cells of a column, from top to bottom. */
        List<String> cells(String column) {
            int index = columns.indexOf(column);
            return rows.stream().map(row -> row.get(index)).toList();
        }
    }

    /** Reads README.md, CHANGELOG.md and everything below docs. */
    static List<Page> all(Path repository) throws IOException {
        List<Path> files = new ArrayList<>(List.of(Path.of("README.md"), Path.of("CHANGELOG.md")));
        try (Stream<Path> docs = Files.walk(repository.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md"))
                    .map(repository::relativize)
                    .sorted()
                    .forEach(files::add);
        }
        List<Page> pages = new ArrayList<>();
        for (Path file : files) {
            pages.add(of(file, Files.readAllLines(repository.resolve(file))));
        }
        return pages;
    }

    static Page of(Path file, List<String> lines) {
        Page page = new Page(
                file, new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new HashSet<>());
        String snippet = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith(FENCE)) {
                int end = i + 1;
                while (!lines.get(end).equals(FENCE)) {
                    end++;
                }
                page.blocks.add(new Block(
                        line.substring(FENCE.length()),
                        snippet,
                        String.join("\n", lines.subList(i + 1, end))));
                i = end;
            } else if (line.startsWith("|") && lines.get(i + 1).startsWith("|--")) {
                int end = i + 2;
                while (end < lines.size() && lines.get(end).startsWith("|")) {
                    end++;
                }
                page.tables.add(table(lines.subList(i, end)));
                lines.subList(i, end).forEach(page::addLinks);
                i = end - 1;
            } else {
                page.addHeading(line);
                page.addLinks(line);
            }
            Matcher comment = SNIPPET.matcher(line);
            snippet = comment.matches() ? comment.group(1) : "";
        }
        return page;
    }

    private static Table table(List<String> lines) {
        List<List<String>> rows =
                lines.subList(2, lines.size()).stream().map(Page::cells).toList();
        return new Table(cells(lines.getFirst()), rows);
    }

    private static List<String> cells(String line) {
        String inner = line.substring(1, line.lastIndexOf('|'));
        return Stream.of(inner.split("\\|", -1)).map(String::strip).toList();
    }

    // As GitHub makes them: lower case, spaces become dashes, most other signs go.
    private void addHeading(String line) {
        Matcher heading = HEADING.matcher(line);
        if (heading.matches()) {
            anchors.add(heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-'));
        }
    }

    private void addLinks(String line) {
        Matcher link = LINK.matcher(CODE.matcher(line).replaceAll(""));
        while (link.find()) {
            links.add(link.group(1));
        }
    }
}
