package io.ddict.pool;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What this JVM, and with it what processes pass on, writes to its output and errors meanwhile. */
final class Captured implements AutoCloseable {
    private final PrintStream out = java.lang.System.out;
    private final PrintStream err = java.lang.System.err;
    private final ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();

    Captured() {
        java.lang.System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
        java.lang.System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    }

    String out() {
        return outBytes.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return errBytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        java.lang.System.setOut(out);
        java.lang.System.setErr(err);
    }
}
