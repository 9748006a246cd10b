package io.ddict.manager.tools;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Text in columns; the first is left-aligned, the others, which hold figures, right-aligned. */
final class Table {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;

    /** Starts with the columns' titles. */
    Table(String... titles) {
        widths = new int[titles.length];
        row((Object[]) titles);
    }

    /** Adds a row; one cell for each title. */
    Table row(Object... cells) {
        if (cells.length != widths.length) {
            throw new IllegalArgumentException("row does not fit the table: cells=" + cells.length
                    + ", columns=" + widths.length);
        }
        String[] row = Arrays.stream(cells).map(String::valueOf).toArray(String[]::new);
        for (int column = 0; column < row.length; column++) {
            widths[column] = Math.max(widths[column], row[column].length());
        }
        rows.add(row);
        return this;
    }

    void print(PrintStream out) {
        lines().forEach(out::println);
    }

    /** Its lines, from top to bottom. */
    List<String> lines() {
        return rows.stream().map(this::line).toList();
    }

    private String line(String[] row) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < row.length; column++) {
            String padding = " ".repeat(widths[column] - row[column].length());
            line.append(column == 0 ? row[column] + padding : GAP + padding + row[column]);
        }
        return line.toString().stripTrailing();
    }
}
