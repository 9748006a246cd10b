package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.bench.docs.Page.Block;
import io.ddict.bench.docs.Page.Table;
import io.ddict.client.DDictException;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.Status;
import io.ddict.store.table.KeyTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Keeps README.md and docs honest. Pages follow a few conventions that these tests look for: a
 * comment above a Java block names its snippet; a table with a column {@code constant} has numbers
 * that constants have; a column {@code text} quotes errors.
 */
class DocsTest {
    private static final Path REPOSITORY = repository();
    private static final String SNIPPETS = "bench/src/test/java/io/ddict/bench/docs";

    private static final Path EXAMPLES =
            REPOSITORY.resolve("pool/src/examples/java/io/ddict/examples");

    private static final Pattern TEST_OR_PROPERTY =
            Pattern.compile("`(\\w+(?:Test|IT|Stress|Benchmark|Enumerator))`|`(ddict\\.[a-z.-]+)`");

    private static final Pattern TEST_METHOD = Pattern.compile("`(\\w+(?:Test|IT)\\.\\w+)`");
    private static final Pattern DECLARED_TEST = Pattern.compile(
            "(?m)^    @(?:Test|ParameterizedTest|TestFactory)\\n(?:    .*\\n)*?"
                    + "    (?:void|List<DynamicTest>) (\\w+)\\(");

    private static List<Page> pages = List.of();

    private static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("README.md"))
                || !Files.exists(folder.resolve("ddict"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    @BeforeAll
    static void readPages() throws IOException {
        pages = Page.all(REPOSITORY);
    }

    @Test
    void takesEveryJavaBlockFromATestAndShowsEverySnippet() throws IOException {
        Map<String, String> snippets = new HashMap<>();
        for (String file : List.of(
                "ReadmeIT.java", "JCacheIT.java", "ProcessesIT.java", "PoolsIT.java")) {
            snippets.putAll(Snippets.of(REPOSITORY.resolve(SNIPPETS).resolve(file)));
        }
        for (Path file : javaFiles(EXAMPLES)) {
            snippets.putAll(Snippets.of(file));
        }
        Map<String, String> shown = new HashMap<>();
        forEachBlock("java", (page, block) -> {
            assertThat(block.snippet()).as("comment above a block of %s", page.file()).isNotEmpty();
            assertThat(block.text())
                    .as("snippet %s in %s", block.snippet(), page.file())
                    .isEqualTo(snippets.get(block.snippet()));
            shown.put(block.snippet(), block.text());
        });
        assertThat(shown.keySet()).isEqualTo(snippets.keySet());
    }

    @Test
    void listsEveryExampleWithTheCommandThatItNames() throws IOException {
        Table table = table("docs/examples.md", "example");
        List<String> commands = unquoted(table.cells("command"));
        Set<String> listed = new HashSet<>();
        for (int row = 0; row < commands.size(); row++) {
            String name = table.cells("example").get(row).replaceAll("\\[(\\w+)].*", "$1");
            listed.add(name + ".java");
            assertThat(Files.readString(EXAMPLES.resolve(name + ".java")))
                    .contains("{@code " + commands.get(row) + "}");
        }
        assertThat(listed).isEqualTo(
                javaFiles(EXAMPLES).stream()
                        .map(each -> each.getFileName().toString())
                        .filter(each -> !each.equals("package-info.java"))
                        .collect(Collectors.toSet()));
    }

    @Test
    void leadsSomewhereWithEveryLink() {
        for (Page page : pages) {
            for (String link : page.links()) {
                if (!link.startsWith("https://")) {
                    assertThat(isThere(page, link)).as("link in %s: %s", page.file(), link)
                            .isTrue();
                }
            }
        }
    }

    private static boolean isThere(Page page, String link) {
        String[] parts = link.split("#", 2);
        Path folder = REPOSITORY.resolve(page.file()).getParent();
        Path target = parts[0].isEmpty()
                ? REPOSITORY.resolve(page.file())
                : folder.resolve(parts[0]).normalize();
        if (parts.length == 1) {
            return Files.exists(target);
        }
        return pages.stream()
                .filter(each -> REPOSITORY.resolve(each.file()).equals(target))
                .anyMatch(each -> each.anchors().contains(parts[1]));
    }

    @Test
    void isIndexed() {
        List<String> indexed = page("docs/README.md").links();
        for (Page page : pages) {
            if (page.file().startsWith("docs") && !page.file().endsWith("README.md")) {
                String link = Path.of("docs").relativize(page.file()).toString();
                assertThat(indexed).as("links of docs/README.md").contains(link);
            }
        }
    }

    @Test
    void givesNumbersThatTheirConstantsHave() throws ReflectiveOperationException {
        int checked = 0;
        for (Page page : pages) {
            for (Table table : page.tables()) {
                if (table.has("constant")) {
                    checked += checkConstants(page, table);
                }
            }
        }
        assertThat(checked).isGreaterThan(50);
    }

    private static int checkConstants(Page page, Table table) throws ReflectiveOperationException {
        List<String> numbers = table.cells(table.has("value") ? "value" : "offset");
        List<String> constants = table.cells("constant");
        int checked = 0;
        for (int row = 0; row < numbers.size(); row++) {
            if (!constants.get(row).isEmpty()) {
                assertThat(Quantity.of(numbers.get(row)))
                        .as("%s: %s", page.file(), constants.get(row))
                        .isEqualTo(Quantity.ofConstant(constants.get(row)));
                checked++;
            }
        }
        return checked;
    }

    @Test
    void givesTheSameLimitsInTheReadme() {
        Map<String, String> all = limits("docs/limits.md");
        Map<String, String> chosen = limits("README.md");
        assertThat(chosen).isNotEmpty();
        assertThat(all).containsAllEntriesOf(chosen);
    }

    private static Map<String, String> limits(String file) {
        Map<String, String> limits = new HashMap<>();
        for (Table table : page(file).tables()) {
            if (table.has("limit")) {
                for (int row = 0; row < table.rows().size(); row++) {
                    limits.put(table.cells("limit").get(row), table.cells("value").get(row));
                }
            }
        }
        return limits;
    }

    @Test
    void givesTheGeometryThatAPoolGets() {
        Table table = table("docs/limits.md", "ring slots");
        for (List<String> row : table.rows()) {
            long memory = Quantity.of(row.get(0));
            PoolGeometry geometry = PoolGeometry.of(
                    memory, PoolGeometry.entriesMaxDefault(memory), KeyTable::fileLength, 1);
            assertThat(row.stream().skip(1).map(Quantity::of))
                    .as(row.getFirst())
                    .containsExactly(
                            (long) geometry.keysMax(),
                            (long) geometry.ringSlots(),
                            (long) geometry.markCount(),
                            (long) geometry.hintSets(),
                            (long) geometry.stagingLength(),
                            geometry.dataLength());
        }
    }

    @Test
    void namesEveryCounterInItsPlace() {
        Table table = table("docs/limits.md", "counter");
        assertThat(unquoted(table.cells("counter")))
                .isEqualTo(Stream.of(PoolCounter.values())
                        .map(each -> each.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                        .toList());
    }

    @Test
    void namesEveryEvent() throws IOException {
        Matcher declared = Pattern.compile("@Name\\(\"(io\\.ddict\\.\\w+)\"\\)")
                .matcher(joinedSources());
        assertThat(unquoted(table("docs/observing.md", "event").cells("event")))
                .containsExactlyInAnyOrderElementsOf(
                        declared.results().map(each -> each.group(1)).toList());
    }

    @Test
    void namesEveryStatus() {
        assertThat(unquoted(table("docs/errors.md", "status").cells("status")))
                .containsExactlyInAnyOrderElementsOf(names(DDictException.Status.values()));
        assertThat(unquoted(table("docs/layout.md", "outcome").cells("outcome")))
                .containsExactlyElementsOf(names(Status.values()));
    }

    @Test
    void quotesErrorsAsTheyAreThrown() throws IOException {
        String sources = joinedSources();
        List<String> texts = new ArrayList<>();
        for (Page page : pages) {
            for (Table table : page.tables()) {
                if (table.has("text")) {
                    texts.addAll(unquoted(table.cells("text")));
                }
            }
        }
        assertThat(texts).hasSizeGreaterThan(30);
        assertThat(texts).allSatisfy(text -> assertThat(sources).contains(text));
    }

    /** All main sources, with literals that are cut over lines in one piece. */
    private static String joinedSources() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String module : List.of("store", "client", "client/jcache", "manager", "pool")) {
            for (Path file : javaFiles(REPOSITORY.resolve(module + "/src/main"))) {
                text.append(Files.readString(file));
            }
        }
        return text.toString().replaceAll("\"\\s*\\+\\s*\"", "");
    }

    @Test
    void namesTestsAndPropertiesThatExist() throws IOException {
        Map<String, String> classes = classes();
        String sources = String.join("", classes.values());
        String page = Files.readString(REPOSITORY.resolve("docs/testing.md"));
        Matcher named = TEST_OR_PROPERTY.matcher(page);
        while (named.find()) {
            boolean exists = named.group(1) != null
                    ? classes.containsKey(named.group(1))
                    : sources.indexOf('"' + named.group(2) + '"') >= 0;
            assertThat(exists).as("named in docs/testing.md: %s", named.group()).isTrue();
        }
    }

    @Test
    void namesForEachRowOfTheContractTestsThatShowIt() throws IOException {
        Set<String> declared = new HashSet<>();
        classes().forEach((name, text) -> DECLARED_TEST.matcher(text).results()
                .forEach(test -> declared.add(name + "." + test.group(1))));
        Set<String> named = new HashSet<>();
        for (Page page : pages) {
            for (Table table : page.tables()) {
                if (table.has("shown by")) {
                    table.cells("shown by").forEach(cell -> named.addAll(tests(page, cell)));
                }
            }
        }
        assertThat(declared).containsAll(named);
        assertThat(declared.stream().filter(test -> test.matches("\\w+TableIT\\..*")))
                .as("tests of a row")
                .isNotEmpty()
                .isSubsetOf(named);
    }

    private static List<String> tests(Page page, String cell) {
        List<String> names =
                TEST_METHOD.matcher(cell).results().map(each -> each.group(1)).toList();
        assertThat(names).as("tests of a row in %s: %s", page.file(), cell).isNotEmpty();
        return names;
    }

    /** Texts of all classes, tests included, by their names. */
    private static Map<String, String> classes() throws IOException {
        Map<String, String> classes = new HashMap<>();
        for (String module : List.of("store", "client", "client/jcache", "manager", "pool",
                "bench")) {
            for (Path file : javaFiles(REPOSITORY.resolve(module + "/src"))) {
                String name = file.getFileName().toString().replace(".java", "");
                classes.merge(name, Files.readString(file), String::concat);
            }
        }
        return classes;
    }

    @Test
    void showsTheTwoCommandsApart() throws IOException {
        List<String> blocks = page("README.md").blocks().stream().map(Block::text).toList();
        assertThat(blocks).contains("./ddict demo", "mvn -B -ntp verify");
        assertThat(Files.isExecutable(REPOSITORY.resolve("ddict"))).isTrue();
        assertThat(Files.readString(REPOSITORY.resolve(".ci/run"))).contains("mvn -B -ntp verify");
    }

    private static List<Path> javaFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(each -> each.toString().endsWith(".java")).toList();
        }
    }

    private static void forEachBlock(
            String language, BiConsumer<Page, Block> consumer) {
        for (Page page : pages) {
            for (Block block : page.blocks()) {
                if (block.language().equals(language)) {
                    consumer.accept(page, block);
                }
            }
        }
    }

    private static Page page(String file) {
        return pages.stream()
                .filter(page -> page.file().equals(Path.of(file)))
                .findFirst()
                .orElseThrow();
    }

    /** The first table of a page that has a column. */
    private static Table table(String file, String column) {
        return page(file).tables().stream()
                .filter(table -> table.has(column))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> names(Enum<?>[] values) {
        return Stream.of(values).map(Enum::name).toList();
    }

    private static List<String> unquoted(List<String> cells) {
        return cells.stream().map(cell -> cell.replace("`", "")).toList();
    }
}
