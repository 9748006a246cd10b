package io.ddict.manager.tools;

import java.io.Console;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * Where the command reads and prints.
 *
 * @param in what {@code put KEY -} stores
 * @param out answers, and nothing else
 * @param err errors, notes and progress
 * @param interactive whether a person watches, so that a line may be drawn over
 */
record Terminal(InputStream in, PrintStream out, PrintStream err, boolean interactive) {
    // JDK 22 to 24 have a console even where there is no terminal, JDK 25 has none there.
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isProcessInteractive() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** The process's own. */
    static Terminal ofProcess() {
        return new Terminal(System.in, System.out, System.err, isProcessInteractive());
    }
}
