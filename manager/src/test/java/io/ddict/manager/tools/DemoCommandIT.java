package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandIT {
    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("a"), "red green red");
        Files.writeString(folder.resolve("b"), "red blue");
        Files.writeString(folder.resolve("c"), "blue");
    }

    @Test
    void printsWordsAnswersStagesAndStatistics() {
        CommandRun run = CommandRun.of("demo", folder.toString(), "--query", "red blue");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("3 files, 25 B, 3 different words")
                .containsPattern("red +3 +2\n")
                .contains("red and blue: in 1 files")
                .containsPattern("load +2 +")
                .containsPattern("index +2 +")
                .contains("inserts");
        assertThat(run.err().lines().filter(line -> line.startsWith("ddict: "))).containsExactly(
                "ddict: load: 3 of 3 files",
                "ddict: index: 3 of 3 files",
                "ddict: merge: 32 of 32 partitions");
    }

    @Test
    void printsJsonAndNoProgress() throws IOException {
        CommandRun run = CommandRun.of(
                "demo", folder.toString(), "--processes", "1", "--managers", "2", "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).doesNotContain("ddict: ");
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.get("words").asInt()).isEqualTo(3);
        assertThat(json.get("mostFrequent").get(0).get("word").asText()).isEqualTo("red");
        assertThat(json.get("stages").findValuesAsText("stage"))
                .containsExactly("load", "index", "query");
        assertThat(json.get("statistics").get("managers")).hasSize(2);
    }

    @Test
    void endsWith4AndShowsWhatTheProcessSaidWhenTheFilesDoNotFit() throws IOException {
        for (int file = 0; file < 8; file++) {
            Files.write(folder.resolve("long" + file), new byte[1 << 20]);
        }

        CommandRun run = CommandRun.of("demo", folder.toString(), "--memory", "5m");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("ddict: process of the demo failed", "\n  | ");
    }

    @Test
    void endsWith2WithoutFiles() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));

        assertThat(CommandRun.of("demo", empty.toString()).exitCode()).isEqualTo(2);
    }

    @Test
    void endsWith70WithoutTheFolder() {
        CommandRun run = CommandRun.of("demo", folder.resolve("absent").toString());

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.err()).contains("absent").hasLineCount(1);
    }
}
