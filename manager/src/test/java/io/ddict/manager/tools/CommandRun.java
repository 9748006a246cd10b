package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * One run of the command, inside this process.
 *
 * @param exitCode what the process would have ended with
 * @param out all of its standard output
 * @param err all of its error output
 */
record CommandRun(int exitCode, String out, String err) {
    static CommandRun of(String... arguments) {
        return of(new ByteArrayInputStream(new byte[0]), arguments);
    }

    static CommandRun of(InputStream in, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.commandLine(new Terminal(
                in, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), false))
                .execute(arguments);
        return new CommandRun(exitCode, out.toString(UTF_8), err.toString(UTF_8));
    }
}
