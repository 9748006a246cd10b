package io.ddict.bench.driver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/*
 *   operation   P   value   ours       best peer         each peer ...   each limit ...
 *   overwrite   1   8 B     2.81 M     1.88 chronicle    1.88            0.21
 */

/** Our ratios to every peer of a run: a row for each operation, number of clients, value length. */
final class RatioTable {
    private static final double WHOLE_FROM = 100;

    private final List<String> peers;
    private final List<String> limits;
    private final List<List<Ratio>> rows = new ArrayList<>();

    /**
     * Makes the rows.
     *
     * @param ratios those of one row following each other
     */
    RatioTable(List<Ratio> ratios) {
        for (Ratio ratio : ratios) {
            if (rows.isEmpty() || !rows.getLast().getFirst().isBeside(ratio)) {
                rows.add(new ArrayList<>());
            }
            rows.getLast().add(ratio);
        }
        peers = names(ratios, false);
        limits = names(ratios, true);
    }

    /** With blanks between the columns, for a terminal; empty if there is nothing to compare. */
    String text() {
        if (rows.isEmpty()) {
            return "";
        }
        List<List<String>> cells = cells();
        StringBuilder text = new StringBuilder(
                "our operations per second to each peer's; best: to the best peer of the row\n");
        for (List<String> row : cells) {
            for (int column = 0; column < row.size(); column++) {
                int at = column;
                int width = cells.stream().mapToInt(each -> each.get(at).length()).max().orElse(0);
                String pattern = column == 0 ? "%-" + width + "s" : "  %" + width + "s";
                text.append(Figures.format(pattern, row.get(column)));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** As a page takes it. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>();
        for (List<String> row : cells()) {
            lines.add("| " + String.join(" | ", row) + " |");
            if (lines.size() == 1) {
                lines.add("|" + "---|".repeat(row.size()));
            }
        }
        return lines;
    }

    private List<List<String>> cells() {
        List<List<String>> cells = new ArrayList<>();
        List<String> header =
                new ArrayList<>(List.of("operation", "P", "value", "ours, op/s", "best"));
        header.addAll(peers);
        header.addAll(limits);
        cells.add(header);
        rows.forEach(row -> cells.add(cells(row)));
        return cells;
    }

    private List<String> cells(List<Ratio> row) {
        Ratio first = row.getFirst();
        List<String> cells = new ArrayList<>(
                List.of(
                        first.phase(),
                        Integer.toString(first.clients()),
                        Figures.length(first.valueLength()),
                        Figures.count(first.ours()),
                        best(row)));
        peers.forEach(peer -> cells.add(times(row, peer)));
        limits.forEach(limit -> cells.add(times(row, limit)));
        return cells;
    }

    private static String best(List<Ratio> row) {
        Optional<Ratio> best = row.stream()
                .filter(ratio -> !ratio.isLimit())
                .max(Comparator.comparingDouble(Ratio::theirs));
        return best.map(ratio -> times(ratio) + " " + ratio.peer()).orElse("-");
    }

    private static String times(List<Ratio> row, String peer) {
        return row.stream()
                .filter(ratio -> ratio.peer().equals(peer))
                .map(RatioTable::times)
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(), text -> text.isEmpty() ? "-" : text));
    }

    private static String times(Ratio ratio) {
        return Figures.format(ratio.times() < WHOLE_FROM ? "%.2f" : "%.0f", ratio.times());
    }

    private static List<String> names(List<Ratio> ratios, boolean limits) {
        return ratios.stream()
                .filter(ratio -> ratio.isLimit() == limits)
                .map(Ratio::peer)
                .distinct()
                .toList();
    }
}
