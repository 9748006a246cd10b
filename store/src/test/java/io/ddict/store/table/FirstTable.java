package io.ddict.store.table;

import java.nio.file.Path;

/** Makes a table in a process that has made none before. */
final class FirstTable {
    private FirstTable() {}

    /**
     * Makes it.
     *
     * @param arguments the folder for its file
     */
    public static void main(String[] arguments) {
        try (KeyTable table = KeyTable.create(Path.of(arguments[0], "table"), 1000)) {
            table.put(42, 1);
            if (table.find(42) != 1) {
                throw new IllegalStateException("table does not work");
            }
        }
    }
}
