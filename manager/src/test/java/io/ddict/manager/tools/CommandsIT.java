package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command against a running cluster, as a script would use it. */
class CommandsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLUSTER = "commands-" + ProcessHandle.current().pid();

    private static CommandRun started;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        started = ddict("start", "--memory", "32m", "--managers", "2");
        assertThat(started.exitCode()).as(started.err()).isZero();
    }

    @AfterAll
    static void stop() {
        assertThat(ddict("stop").exitCode()).isZero();
        assertThat(Cluster.running()).doesNotContain(CLUSTER);
    }

    @BeforeEach
    void clear() {
        try (DDict<Object, Object> dictionary = attach()) {
            dictionary.clear();
        }
    }

    @Test
    void startPrintsTheTextThatAProgramAttachesBy() {
        assertThat(started.out()).hasLineCount(1);
        assertThat(started.err()).contains("cluster=" + CLUSTER, "memory=32 MiB", "managers=2");
        try (DDict<String, String> dictionary = DDict.attach(started.out().strip())) {
            dictionary.put("from a program", "seen by the command");
        }
        assertThat(ddict("get", "from a program").out()).isEqualTo("seen by the command\n");
    }

    @Test
    void startAddsADictionaryToARunningCluster() {
        CommandRun run =
                ddict("start", "--dictionary", "second", "--memory", "8m", "--entries", "99");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(ddict("put", "k", "v", "--dictionary", "second").exitCode()).isZero();
        assertThat(ddict("get", "k", "--dictionary", "second").out()).isEqualTo("v\n");
        assertThat(ddict("get", "k").exitCode()).isEqualTo(1);
    }

    @Test
    void startRefusesADictionaryThatIsThere() {
        CommandRun run = ddict("start");

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.err()).contains("there already").hasLineCount(1);
    }

    @Test
    void startLeavesNoClusterBehindIfThereIsNotEnoughMemory() {
        CommandRun run = CommandRun.of("start", "--cluster", CLUSTER + "-huge", "--memory", "900t");

        assertThat(run.exitCode()).isNotZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1);
        assertThat(Cluster.running()).doesNotContain(CLUSTER + "-huge");
    }

    @Test
    void statusShowsClustersAndDictionaries() throws IOException {
        ddict("put", "k", "v");

        CommandRun text = CommandRun.of("status");
        JsonNode json = JSON.readTree(CommandRun.of("status", "--json").out());

        assertThat(text.exitCode()).isZero();
        assertThat(text.out()).contains(CLUSTER, "default", "ok");
        JsonNode cluster = json.findParents("cluster").stream()
                .filter(each -> each.get("cluster").asText().equals(CLUSTER))
                .findFirst()
                .orElseThrow();
        JsonNode dictionary = cluster.get("dictionaries").findParents("dictionary").stream()
                .filter(each -> each.get("dictionary").asText().equals("default"))
                .findFirst()
                .orElseThrow();
        assertThat(dictionary.get("managers").asInt()).isEqualTo(2);
        assertThat(dictionary.get("entries").asInt()).isEqualTo(1);
    }

    @Test
    void putStoresAnArgumentAsText() {
        assertThat(ddict("put", "k", "gr\u00fcn").exitCode()).isZero();

        try (DDict<Object, Object> dictionary = attach()) {
            assertThat(dictionary.get("k")).isEqualTo("gr\u00fcn");
        }
    }

    @Test
    void putStoresStandardInputAndFilesAsBytes() throws IOException {
        byte[] bytes = {0, 1, (byte) 0xff};
        Path file = Files.write(folder.resolve("value"), bytes);

        assertThat(ddict(bytes, "put", "in", "-").exitCode()).isZero();
        assertThat(ddict("put", "file", "--file", file.toString()).exitCode()).isZero();

        try (DDict<Object, Object> dictionary = attach()) {
            assertThat(dictionary.get("in")).isEqualTo(bytes);
            assertThat(dictionary.get("file")).isEqualTo(bytes);
        }
    }

    @Test
    void putTellsThatAFileIsMissing() {
        CommandRun run = ddict("put", "k", "--file", folder.resolve("absent").toString());

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.err()).contains("absent").hasLineCount(1);
    }

    @Test
    void putRefusesAKeyThatIsTooLong() {
        CommandRun run = ddict("put", "k".repeat(70_000), "v");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).hasLineCount(1);
    }

    @Test
    void getPrintsReadableForms() {
        try (DDict<Object, Object> dictionary = attach()) {
            dictionary.put("long", 42L);
            dictionary.put("ints", new int[]{1, 2});
            dictionary.put("bytes", new byte[]{0, 1});
            dictionary.put("list", new ArrayList<>(List.of("a", 1)));
        }

        assertThat(ddict("get", "long").out()).isEqualTo("42\n");
        assertThat(ddict("get", "ints").out()).isEqualTo("[1, 2]\n");
        assertThat(ddict("get", "bytes").out()).isEqualTo("0x0001\n");
        assertThat(ddict("get", "list").out()).isEqualTo("[a, 1]\n");
    }

    @Test
    void getRawPrintsTheBytesAndNothingElse() {
        ddict("gr\u00fcn".getBytes(UTF_8), "put", "k", "-");

        assertThat(ddict("get", "k", "--raw").out()).isEqualTo("gr\u00fcn");
    }

    @Test
    void getJsonNamesTheType() throws IOException {
        ddict("put", "k", "v");

        JsonNode json = JSON.readTree(ddict("get", "k", "--json").out());

        assertThat(json.get("key").asText()).isEqualTo("k");
        assertThat(json.get("type").asText()).isEqualTo("java.lang.String");
        assertThat(json.get("value").asText()).isEqualTo("v");
    }

    @Test
    void getAndRemoveTellThatAKeyIsAbsent() {
        for (String command : List.of("get", "remove")) {
            CommandRun run = ddict(command, "absent");

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).isEqualTo("ddict: key absent: key=absent\n");
        }
    }

    @Test
    void removeRemoves() {
        ddict("put", "k", "v");

        assertThat(ddict("remove", "k").exitCode()).isZero();
        assertThat(ddict("get", "k").exitCode()).isEqualTo(1);
    }

    @Test
    void freezeRefusesWritesUntilUnfreeze() {
        ddict("put", "k", "v");

        assertThat(ddict("freeze").exitCode()).isZero();
        try {
            CommandRun refused = ddict("put", "k", "w");
            assertThat(refused.exitCode()).isEqualTo(70);
            assertThat(refused.err()).startsWith("ddict: dictionary is frozen").hasLineCount(1);
            assertThat(ddict("get", "k").out()).isEqualTo("v\n");
        } finally {
            assertThat(ddict("unfreeze").exitCode()).isZero();
        }
        assertThat(ddict("put", "k", "w").exitCode()).isZero();
    }

    @Test
    void scanPrintsKeys() throws IOException {
        putNumbers(25);

        assertThat(ddict("scan").out().lines()).hasSize(25).doesNotHaveDuplicates();
        assertThat(ddict("scan", "--limit", "7").out().lines()).hasSize(7);
        assertThat(ddict("scan", "--limit", "0").out()).isEmpty();
        assertThat(JSON.readTree(ddict("scan", "--json", "--limit", "3").out())).hasSize(3)
                .allMatch(element -> element.has("key") && !element.has("value"));
    }

    @Test
    void scanPrintsValuesThatFitALine() throws IOException {
        try (DDict<Object, Object> dictionary = attach()) {
            dictionary.put("key\t1", "first\nsecond");
            dictionary.put(2L, "x".repeat(1000));
        }

        assertThat(ddict("scan", "--values").out().lines()).containsExactlyInAnyOrder(
                "key\\t1\tfirst\\nsecond", "2\t" + "x".repeat(200) + "...");
        JsonNode json = JSON.readTree(ddict("scan", "--values", "--json").out());
        assertThat(json.findValuesAsText("value")).contains("first\nsecond", "x".repeat(1000));
    }

    @Test
    void statCountsPerManager() throws IOException {
        putNumbers(100);

        CommandRun text = ddict("stat");
        JsonNode json = JSON.readTree(ddict("stat", "--json").out());

        assertThat(text.exitCode()).isZero();
        assertThat(text.out()).startsWith("manager").contains("entries", "used", "posted",
                "inserts");
        assertThat(json.get("managers")).hasSize(2);
        assertThat(json.findValues("entries").stream().mapToInt(JsonNode::asInt).sum())
                .isEqualTo(100);
    }

    @Test
    void verifyFindsNothingWrongInWhatWasJustWritten() throws IOException {
        putNumbers(1000);

        CommandRun text = ddict("verify");
        JsonNode json = JSON.readTree(ddict("verify", "--json").out());

        assertThat(text.exitCode()).as(text.out()).isZero();
        assertThat(text.out().lines()).hasSize(2).allMatch(line -> line.contains("clean"));
        assertThat(json.get("ok").asBoolean()).isTrue();
        assertThat(json.get("pools")).hasSize(2);
    }

    @Test
    void tellsThatADictionaryIsAbsent() {
        for (String line : List.of("get k", "put k v", "remove k", "scan", "freeze",
                "unfreeze", "stat", "inspect k", "dump", "top", "verify")) {
            List<String> arguments = new ArrayList<>(Arrays.asList(line.split(" ")));
            arguments.addAll(List.of("--dictionary", "absent"));

            CommandRun run = ddict(arguments.toArray(String[]::new));

            assertThat(run.exitCode()).as(line).isEqualTo(3);
            assertThat(run.err()).startsWith("ddict: ").contains("absent").hasLineCount(1);
        }
    }

    private static void putNumbers(int count) {
        try (DDict<Object, Object> dictionary = attach()) {
            for (int i = 0; i < count; i++) {
                dictionary.put("key " + i, "value " + i);
            }
        }
    }

    private static DDict<Object, Object> attach() {
        return DDict.attach(started.out().strip(), AttachOptions.DEFAULTS);
    }

    private static CommandRun ddict(String... arguments) {
        return ddict(new byte[0], arguments);
    }

    private static CommandRun ddict(byte[] in, String... arguments) {
        String[] withCluster = Arrays.copyOf(arguments, arguments.length + 2);
        withCluster[arguments.length] = "--cluster";
        withCluster[arguments.length + 1] = CLUSTER;
        return CommandRun.of(new ByteArrayInputStream(in), withCluster);
    }
}
