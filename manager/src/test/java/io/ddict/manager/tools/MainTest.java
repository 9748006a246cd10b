package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "start", "stop", "status", "node", "put", "get", "remove", "scan", "freeze", "unfreeze",
        "stat",
        "top", "inspect", "dump", "verify", "doctor", "demo"})
    void everyCommandExplainsItselfAndItsExitCodes(String command) {
        CommandRun run = CommandRun.of(command, "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: ddict " + command, "Exit codes:",
                "the key is absent");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void listsItsCommands() {
        assertThat(CommandRun.of("--help").out()).contains("verify", "demo", "generate-completion");
    }

    @Test
    void tellsItsVersion() {
        CommandRun run = CommandRun.of("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("ddict ").contains("JDK " + Runtime.version());
    }

    @Test
    void writesACompletionScript() {
        CommandRun run = CommandRun.of("generate-completion");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("complete -F _complete_ddict", "--values");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "gett key",
        "get",
        "get --raw --json key",
        "get key --timeout soon",
        "put key",
        "put key value --file name",
        "scan --limit many",
        "inspect",
        "dump --limit -1",
        "top --interval 0",
        "top --interval soon",
        "doctor now",
        "start --memory much",
        "start --memory 1k",
        "start --managers 0",
        "node",
        "node --listen 0.0.0.0:7411",
        "node --listen here:seven",
        "node --listen here --join there",
        "node --listen here --join-timeout soon",
        "node --listen here --join-timeout -1",
        "node --listen here --found-if-alone",
        "demo --processes 0",
        "demo --query one"})
    void refusesABadCommandLineInOneLine(String line) {
        CommandRun run = CommandRun.of(line.isEmpty() ? new String[0] : line.split(" "));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("ddict: ").hasLineCount(1);
    }

    @Test
    void suggestsWhatWasMeant() {
        assertThat(CommandRun.of("statsu").err()).contains("did you mean", "status");
    }

    @Test
    void showsTheStackTraceOnlyIfAskedFor() {
        String quiet = CommandRun.of("get", "--cluster", "not-there", "key").err();
        String verbose = CommandRun.of("get", "--cluster", "not-there", "key", "--verbose").err();

        assertThat(quiet).hasLineCount(1);
        assertThat(verbose).startsWith(quiet).contains("DDictException", "\tat ");
    }

    @Test
    void tellsThatNoClusterRuns() {
        for (String line : new String[]{
            "get key", "put key value", "remove key", "scan", "inspect key", "dump", "top",
            "freeze",
            "unfreeze", "stat", "verify", "stop"}) {
            CommandRun run = CommandRun.of((line + " --cluster not-there").split(" "));

            assertThat(run.exitCode()).as(line).isEqualTo(3);
            assertThat(run.err()).startsWith("ddict: ").contains("not-there").hasLineCount(1);
        }
    }
}
