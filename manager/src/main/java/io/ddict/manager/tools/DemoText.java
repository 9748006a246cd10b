package io.ddict.manager.tools;

import io.ddict.manager.tools.demo.DemoReport;
import io.ddict.manager.tools.demo.DemoReport.Answer;
import io.ddict.manager.tools.demo.DemoReport.StageFigures;
import io.ddict.manager.tools.demo.DemoReport.StagePlace;
import io.ddict.manager.tools.demo.DemoReport.Word;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;

/** The demo's report as text. */
final class DemoText {
    private final DemoReport report;

    DemoText(DemoReport report) {
        this.report = report;
    }

    void print(PrintStream out) {
        printSummary(out);
        out.println();
        printWords(out);
        out.println();
        printAnswers(out);
        out.println();
        printStages(out);
        out.println();
        if (report.nodes().size() > 1) {
            printPlaces(out);
            out.println();
        }
        StatCommand.table(report.statistics().managers()).print(out);
    }

    private void printSummary(PrintStream out) {
        out.println(report.source() + ": " + Figures.count(report.files()) + " files, "
                + Figures.bytes(report.bytes()) + ", " + Figures.count(report.words())
                + " different words, in a dictionary of " + Figures.bytes(report.memory())
                + (report.nodes().size() > 1
                        ? " on " + String.join(", ", report.nodes())
                        : ""));
        if (report.filesLeftOut() > 0) {
            out.println("left out, as they are too long for one value: "
                    + Figures.count(report.filesLeftOut()) + " files");
        }
    }

    private void printWords(PrintStream out) {
        Table table = new Table("most frequent", "occurrences", "files");
        for (Word word : report.mostFrequent()) {
            table.row(word.word(), Figures.count(word.occurrences()), Figures.count(word.files()));
        }
        table.print(out);
    }

    private void printAnswers(PrintStream out) {
        for (Answer answer : report.answers()) {
            out.println(String.join(" and ", answer.words()) + ": in "
                    + Figures.count(answer.files()) + " files, found in "
                    + String.format(Locale.ROOT, "%.0f", answer.elapsedNs() / 1e3) + " us"
                    + answer.first().stream()
                            .map(hit -> System.lineSeparator() + "  " + hit.path() + " ("
                                    + Figures.count(hit.occurrences()) + ")")
                            .collect(Collectors.joining()));
        }
    }

    private void printStages(PrintStream out) {
        Table table = new Table("stage", "processes", "seconds", "files", "bytes", "GB/s",
                "put/get GB/s");
        for (StageFigures stage : report.stages()) {
            table.row(stage.stage(), stage.processes(), Figures.seconds(stage.elapsedNs()),
                    Figures.count(stage.files()), Figures.bytes(stage.bytes()),
                    rate(stage.gigabytesPerSecond()), rate(stage.exchangeGigabytesPerSecond()));
        }
        table.print(out);
    }

    private void printPlaces(PrintStream out) {
        Table table = new Table("process", "host", "managers in place", "by TCP");
        for (StagePlace place : report.places()) {
            table.row(place.stage() + " " + place.process(), place.host(), place.local(),
                    place.distant());
        }
        table.print(out);
    }

    private static String rate(double gigabytesPerSecond) {
        return String.format(Locale.ROOT, "%.2f", gigabytesPerSecond);
    }
}
