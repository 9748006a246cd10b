package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.codec.Codecs;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look at a running cluster, in a folder of its own for clusters. */
class ObservingIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLUSTER = "observing";
    private static final String DIRECTORY = "ddict.directory";
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Path PAGE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath()
            .normalize().resolveSibling("docs").resolve("observing.md");

    private static Path clusters;

    private Cluster cluster;
    private DDict<Object, Object> dictionary;

    record Unknown(String name) {}

    @BeforeAll
    static void start() throws IOException {
        clusters = Files.createTempDirectory(Path.of("/dev/shm"), "ddict-observing-");
        System.setProperty(DIRECTORY, clusters.toString());
        CommandRun run = ddict("start", "--memory", "16m", "--managers", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @AfterAll
    static void stop() throws IOException {
        assertThat(ddict("stop").exitCode()).isZero();
        Files.delete(clusters);
        System.clearProperty(DIRECTORY);
    }

    @BeforeEach
    void attach() {
        cluster = Cluster.connect(CLUSTER);
        dictionary = cluster.attach("default", AttachOptions.DEFAULTS);
        dictionary.clear();
    }

    @AfterEach
    void detach() {
        cluster.dictionaries().stream()
                .filter(name -> !name.equals("default"))
                .forEach(name -> cluster.attach(name, AttachOptions.DEFAULTS).destroy());
        dictionary.close();
        cluster.close();
    }

    @Test
    void statShowsCheckpoints() throws IOException {
        DDict<Object, Object> several = several();
        several.checkpointId(7);
        several.put("k", "v");

        CommandRun text = ddict("stat", "--dictionary", "several");
        JsonNode manager = JSON.readTree(ddict("stat", "--dictionary", "several", "--json").out())
                .get("managers").get(0);

        assertThat(text.out().lines().map(line -> line.replaceAll(" +", " ")))
                .contains("oldest checkpoint 5", "newest checkpoint 7", "checkpoints held 3 of 3",
                        "frozen no");
        assertThat(manager.get("oldestCheckpoint").asLong()).isEqualTo(5);
        assertThat(manager.get("newestCheckpoint").asLong()).isEqualTo(7);
        assertThat(manager.get("workingSetSize").asLong()).isEqualTo(3);
        assertThat(manager.get("frozen").asBoolean()).isFalse();
        assertThat(manager.get("heartbeatAgeNs").asLong()).isBetween(0L, SOON.toNanos());
        assertThat(manager.get("counters").has("calls-refused")).isTrue();
    }

    @Test
    void everyCommandWorksAtTheNewestCheckpoint() {
        DDict<Object, Object> several = several();
        several.checkpointId(9);
        several.put("k", "v");

        for (String line : List.of("get k", "scan", "inspect k", "dump", "verify", "stat",
                "put k w", "remove k")) {
            CommandRun run = ddict((line + " --dictionary several").split(" "));
            assertThat(run.exitCode()).as(line + ": " + run.err()).isZero();
        }
    }

    @Test
    void inspectTellsWhereAKeyIs() throws IOException {
        dictionary.put("k", "hello");
        long version = dictionary.getVersioned("k").version();

        CommandRun text = ddict("inspect", "k");
        JsonNode json = JSON.readTree(ddict("inspect", "k", "--json").out());

        assertThat(text.exitCode()).as(text.err()).isZero();
        assertThat(text.out()).matches("(?s)manager [01], key hash 0x[0-9a-f]+\n.*");
        assertThat(text.out()).contains("java.lang.String", "checkpoints", "ordinal");
        assertThat(json.get("keyHash").asText()).isEqualTo(
                "0x" + Long.toHexString(dictionary.inspector().keyHash("k")));
        assertThat(json.get("manager").asInt()).isEqualTo(dictionary.inspector().manager("k"));
        JsonNode only = json.get("versions").get(0);
        assertThat(json.get("versions")).hasSize(1);
        assertThat(only.get("version").asLong()).isEqualTo(version);
        assertThat(only.get("type").asText()).isEqualTo("java.lang.String");
        assertThat(only.get("valueLength").asLong()).isEqualTo(6);
        assertThat(only.get("ordinal").asInt()).isPositive();
        assertThat(only.get("offset").asLong()).isPositive();
    }

    @Test
    void inspectTellsWhichCheckpointsHoldWhat() throws IOException {
        DDict<Object, Object> several = several();
        several.put("k", "old");
        several.checkpointId(1);
        several.put("other", 1L);
        several.checkpointId(2);
        several.put("k", new byte[10]);

        JsonNode versions =
                JSON.readTree(ddict("inspect", "k", "--dictionary", "several", "--json").out())
                        .get("versions");

        assertThat(versions).hasSize(2);
        assertThat(versions.get(0).get("oldestCheckpoint").asLong()).isZero();
        assertThat(versions.get(0).get("newestCheckpoint").asLong()).isEqualTo(1);
        assertThat(versions.get(0).get("type").asText()).isEqualTo("java.lang.String");
        assertThat(versions.get(1).get("oldestCheckpoint").asLong()).isEqualTo(2);
        assertThat(versions.get(1).get("type").asText()).isEqualTo("byte[]");
        assertThat(versions.get(1).get("valueLength").asLong()).isEqualTo(10);
        assertThat(ddict("inspect", "k", "--dictionary", "several").out()).contains(" 0..1 ");
    }

    @Test
    void inspectTellsThatAKeyIsAbsent() {
        for (String option : List.of("--json", "--timeout=3")) {
            CommandRun run = ddict("inspect", "absent", option);

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).isEqualTo("ddict: key absent: key=absent\n");
        }
    }

    @Test
    void dumpPrintsALineForEachEntry() throws IOException {
        dictionary.put("text", "first\nsecond");
        dictionary.put(2L, new byte[]{1, 2, 3});
        dictionary.put(List.of("a", 1), 4.5);

        List<JsonNode> lines = lines(ddict("dump"));
        List<JsonNode> withValues = lines(ddict("dump", "--values"));

        assertThat(lines).hasSize(3).noneMatch(line -> line.has("value"));
        assertThat(withValues).hasSize(3);
        JsonNode text = ofType(withValues, "java.lang.String");
        assertThat(text.get("key").asText()).isEqualTo("text");
        assertThat(text.get("keyType").asText()).isEqualTo("java.lang.String");
        assertThat(text.get("value").asText()).isEqualTo("first\nsecond");
        assertThat(text.get("version").asLong())
                .isEqualTo(dictionary.getVersioned("text").version());
        JsonNode bytes = ofType(withValues, "byte[]");
        assertThat(bytes.get("length").asLong()).isEqualTo(3);
        assertThat(bytes.get("value").binaryValue()).containsExactly(1, 2, 3);
        assertThat(ofType(withValues, "java.lang.Double").get("value").asDouble()).isEqualTo(4.5);
        assertThat(ddict("dump", "--limit", "2").out().lines()).hasSize(2);
        assertThat(ddict("dump", "--limit", "0").out()).isEmpty();
    }

    @Test
    void dumpGoesPastWhatItCannotRead() throws IOException {
        AttachOptions options = new AttachOptions(
                SOON, Codecs.builder().register(Unknown.class).build());
        try (DDict<Object, Object> other = cluster.attach("default", options)) {
            other.put(new Unknown("as a key"), 1L);
            other.put("value", new Unknown("as a value"));
        }

        List<JsonNode> lines = lines(ddict("dump", "--values"));

        assertThat(lines).hasSize(2);
        JsonNode key = ofType(lines, "java.lang.Long");
        assertThat(key.has("key")).isFalse();
        assertThat(key.get("value").asLong()).isEqualTo(1);
        JsonNode value = ofType(lines, "java.lang.Object");
        assertThat(value.get("key").asText()).isEqualTo("value");
        assertThat(value.has("value")).isFalse();
    }

    @Test
    void dumpShowsEachEntryOnceWhileOthersWrite() throws Exception {
        for (int key = 0; key < 2000; key++) {
            dictionary.put(key, "value " + key);
        }
        AtomicBoolean ended = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            for (int i = 0; !ended.get(); i++) {
                dictionary.put(i % 2000, "value " + i + "x".repeat(i % 100));
            }
        });
        List<JsonNode> lines = lines(ddict("dump", "--values"));
        ended.set(true);

        assertThat(writer.join(SOON)).isTrue();
        assertThat(lines.stream().map(line -> line.get("key").asInt())).hasSize(2000)
                .doesNotHaveDuplicates();
    }

    @Test
    void topCountsWhatIsDone() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            while (!ended.get()) {
                dictionary.put("k", "v");
                dictionary.remove("k");
            }
        });
        CommandRun run = ddict("top", "--once", "--json", "--interval", "0.3");
        CommandRun text = ddict("top", "--once", "--interval", "0.1");
        ended.set(true);

        assertThat(writer.join(SOON)).isTrue();
        assertThat(run.out()).hasLineCount(1);
        JsonNode managers = JSON.readTree(run.out()).get("managers");
        assertThat(managers).hasSize(2);
        JsonNode busy = managers.get(dictionary.inspector().manager("k"));
        assertThat(busy.get("cluster").asText()).isEqualTo(CLUSTER);
        assertThat(busy.get("operationsPerSecond").asDouble()).isPositive();
        assertThat(busy.get("putsPerSecond").asDouble()).isPositive();
        assertThat(busy.get("removalsPerSecond").asDouble()).isPositive();
        assertThat(busy.get("refusedPerSecond").asDouble()).isZero();
        assertThat(busy.get("figures").get("counters").get("links").asInt()).isEqualTo(1);
        assertThat(text.exitCode()).isZero();
        assertThat(text.out()).hasLineCount(3);
        assertThat(text.out().lines().findFirst().orElseThrow().split(" {2,}")).containsExactly(
                "cluster", "dictionary", "manager", "state", "entries", "used", "largest free",
                "on disk", "ops/s", "puts/s", "removals/s", "refused/s", "links", "checkpoints",
                "pins");
        assertThat(text.out()).contains(" ok ", "%");
    }

    @Test
    void topShowsWhatIsOnTheDisk(@TempDir Path disk) {
        DDict<Object, Object> large = cluster.create(DDictConfig.builder()
                .name("large")
                .totalMemory(ByteSize.mib(16))
                .spill(disk, ByteSize.mib(64))
                .build());
        for (int i = 0; i < 400; i++) {
            large.put(i, new byte[100_000]);
        }

        CommandRun run = ddict("top", "--once", "--interval", "0.1", "--dictionary", "large");

        // Of the manager's 13 MiB for data some 10 are full.
        assertThat(run.out()).containsPattern(" %  .* (KiB|MiB)  +[23]\\d\\.\\d MiB  ");
    }

    @Test
    void topShowsFreezeAndCheckpoints() {
        DDict<Object, Object> several = several();
        several.checkpointId(4);
        several.put("k", "v");
        several.freeze();

        CommandRun run = ddict("top", "--once", "--interval", "0.1", "--dictionary", "several");

        assertThat(run.out()).contains(" frozen ", " 2..4 ").hasLineCount(2);
    }

    @Test
    void topRedrawsInPlaceUntilItIsInterrupted() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                InputStream.nullInputStream(), new PrintStream(out, true, UTF_8), System.err, true);
        int[] exitCode = {-1};
        Thread watching = Thread.ofPlatform().start(() -> exitCode[0] = Main.commandLine(terminal)
                .execute("top", "--cluster", CLUSTER, "--interval", "0.02"));
        long endNs = System.nanoTime() + SOON.toNanos();
        while (out.toString(UTF_8).split("\033\\[H", -1).length < 4
                && System.nanoTime() - endNs < 0) {
            LockSupport.parkNanos(1_000_000);
        }
        watching.interrupt();

        assertThat(watching.join(SOON)).isTrue();
        assertThat(exitCode[0]).isZero();
        assertThat(out.toString(UTF_8)).startsWith("\033[2J\033[Hcluster ")
                .contains("\033[K\n\033[J\033[Hcluster ");
    }

    @Test
    void topTellsThatNothingIsThere() {
        assertThat(CommandRun.of("top", "--once", "--cluster", "absent").exitCode()).isEqualTo(3);
        assertThat(ddict("top", "--once", "--dictionary", "absent").exitCode()).isEqualTo(3);
        assertThat(ddict("top", "--interval", "0").exitCode()).isEqualTo(2);
    }

    @Test
    void doctorFindsAHealthyMachine() throws IOException {
        dictionary.put("k", "v");

        CommandRun text = CommandRun.of("doctor");
        JsonNode json = JSON.readTree(CommandRun.of("doctor", "--json").out());

        assertThat(text.exitCode()).as(text.out()).isZero();
        assertThat(text.out().lines()).allMatch(line -> line.matches("(ok|warning) +[^:]+: .+"));
        assertThat(text.out()).contains("ok       JDK: " + Runtime.version(),
                "shared memory " + clusters, "huge pages", "open files",
                "ok       cluster " + CLUSTER + ": process " + cluster.processId(),
                "ok       dictionary default of " + CLUSTER + ": heartbeats are ",
                "ok       dictionary default of " + CLUSTER + ": walked, and clean");
        assertThat(json.get("ok").asBoolean()).isTrue();
        assertThat(json.findValuesAsText("subject")).contains("JDK", "cluster " + CLUSTER);
    }

    @Test
    void doctorFindsWhatADeadServiceLeft() throws IOException {
        Path left = Files.createDirectories(RuntimeDirectory.ofCluster("dead").resolve("d"));
        try {
            CommandRun run = CommandRun.of("doctor");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).contains("warning  cluster dead: left behind by a service that"
                    + " died; the next service that starts removes it");
        } finally {
            Files.delete(left);
            Files.delete(left.getParent());
        }
    }

    @Test
    void doctorFindsDamage() throws IOException {
        DDict<Object, Object> several = several();
        for (int key = 0; key < 100; key++) {
            several.put(key, "value " + key);
        }
        assertThat(several.size()).isEqualTo(100);
        Path data = cluster.poolDirectories("several").getFirst().resolve("data");
        // The first slab lies behind the first page.
        try (FileChannel channel = FileChannel.open(data, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1 << 14), 1 << 14);
        }

        CommandRun run = CommandRun.of("doctor");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("failed   dictionary several of " + CLUSTER
                + ": damaged: violations=");
        assertThat(CommandRun.of("doctor", "--json").out()).contains("\"ok\" : false");
    }

    @Test
    void doctorDoesNotMistakeWritingForDamage() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            for (int i = 0; !ended.get(); i++) {
                dictionary.put(i % 500, "x".repeat(i % 6000));
            }
        });
        for (int run = 0; run < 5; run++) {
            CommandRun doctor = CommandRun.of("doctor");
            assertThat(doctor.exitCode()).as(doctor.out() + doctor.err()).isZero();
        }
        assertThat(writer.isAlive()).isTrue();
        ended.set(true);

        assertThat(writer.join(SOON)).isTrue();
    }

    @Test
    void runsTheCommandsOfThePage() throws IOException {
        dictionary.put("key", "value");
        Matcher commands = Pattern.compile("(?m)^\\./ddict ([^|#\n]+?) *(?:#.*)?$")
                .matcher(Files.readString(PAGE));
        List<String> run = new ArrayList<>();
        while (commands.find()) {
            String line = commands.group(1);
            run.add(line);
            List<String> arguments = new ArrayList<>(List.of(line.split(" +")));
            if (line.equals("top")) {
                // Would not end.
                arguments.add("--once");
            }
            CommandRun outcome = CommandRun.of(Stream.concat(arguments.stream(),
                    line.startsWith("doctor")
                            ? Stream.empty()
                            : Stream.of("--cluster", CLUSTER))
                    .toArray(String[]::new));
            assertThat(outcome.exitCode()).as(line + ": " + outcome.err()).isZero();
        }
        assertThat(run).anyMatch(line -> line.startsWith("top"))
                .anyMatch(line -> line.startsWith("inspect"))
                .anyMatch(line -> line.startsWith("dump"))
                .anyMatch(line -> line.startsWith("doctor"))
                .anyMatch(line -> line.startsWith("stat"));
    }

    private DDict<Object, Object> several() {
        return cluster.create(DDictConfig.builder()
                .name("several")
                .totalMemory(ByteSize.mib(8))
                .workingSetSize(3)
                .build());
    }

    private static List<JsonNode> lines(CommandRun run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : run.out().lines().toList()) {
            nodes.add(JSON.readTree(line));
        }
        return nodes;
    }

    private static JsonNode ofType(List<JsonNode> lines, String type) {
        return lines.stream()
                .filter(line -> line.get("type").asText().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static CommandRun ddict(String... arguments) {
        String[] withCluster = Arrays.copyOf(arguments, arguments.length + 2);
        withCluster[arguments.length] = "--cluster";
        withCluster[arguments.length + 1] = CLUSTER;
        return CommandRun.of(withCluster);
    }
}
