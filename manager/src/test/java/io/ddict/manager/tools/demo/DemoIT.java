package io.ddict.manager.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.manager.tools.demo.Demo.Settings;
import io.ddict.manager.tools.demo.DemoReport.Answer;
import io.ddict.manager.tools.demo.DemoReport.StageFigures;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
    @TempDir
    private Path folder;

    @Test
    void reportsWhatTheReferenceFinds() throws Exception {
        RandomText.writeFolder(folder, new Random(5), 200);
        ReferenceIndex reference = new ReferenceIndex();
        long bytes = 0;
        int files;
        try (Source source = Source.open(folder)) {
            files = source.list().size();
            for (int file = 0; file < files; file++) {
                byte[] text = source.read(source.list().get(file).path());
                reference.add(file, text);
                bytes += text.length;
            }
        }

        DemoReport report = new Demo(settings(List.of(List.of("w", "w1"))), Progress.NONE).run();

        assertThat(report.files()).isEqualTo(files);
        assertThat(report.bytes()).isEqualTo(bytes);
        assertThat(report.words()).isEqualTo(reference.postings().size());
        assertThat(report.mostFrequent()).isEqualTo(reference.mostFrequent(20));
        assertThat(report.answers()).extracting(Answer::files)
                .containsExactly(reference.filesWithBoth("w", "w1"));
        assertThat(report.stages()).extracting(StageFigures::stage)
                .containsExactly("load", "index", "query");
        assertThat(report.statistics().entries()).isGreaterThan(report.words() + files);
    }

    @Test
    void leavesNoProcessBehind() throws Exception {
        Files.writeString(folder.resolve("file"), "some words");

        new Demo(settings(List.of()), Progress.NONE).run();

        assertThat(ProcessHandle.current().descendants())
                .noneMatch(process -> process.info()
                        .commandLine()
                        .orElse("")
                        .contains(StageMain.class.getName()));
    }

    @Test
    void refusesAFolderWithoutFiles() {
        assertThatThrownBy(() -> new Demo(settings(List.of()), Progress.NONE).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no files");
    }

    @Test
    void refusesQueriesOfOtherThanTwoWords() {
        assertThatThrownBy(() -> settings(List.of(List.of("one"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not two words");
    }

    @Test
    void stagesAreClientsWithoutTheLibrariesOfTheNodeService() {
        assertThat(List.of(ClientClassPath.text().split(File.pathSeparator)))
                .isNotEmpty()
                .noneMatch(entry -> entry.contains("chronicle") || entry.contains("agrona"));
    }

    private Settings settings(List<List<String>> queries) {
        return new Settings(folder, 2, 1, ByteSize.mib(64), queries);
    }
}
