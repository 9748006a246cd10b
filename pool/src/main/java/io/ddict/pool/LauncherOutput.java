package io.ddict.pool;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;

/*
 * One thread writes what all processes wrote, as this program's output may be a pipe that somebody is
 * slow to read. The thread that reads the session's socket never waits for it.
 */

/** One stream of a process that appears in this program's output. */
final class LauncherOutput implements ProcessOutput {
    private static final int LINE_LENGTH_MAX = 8 << 10;
    private static final ExecutorService PRINTER = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("ddict-output").factory());

    private final boolean isErrors;
    private final byte[] label;
    private final IntConsumer credit;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LauncherOutput(boolean isErrors, String label, IntConsumer credit) {
        this.isErrors = isErrors;
        this.label = label.getBytes(StandardCharsets.UTF_8);
        this.credit = credit;
    }

    /** Runs something when everything that came before is written. */
    static void afterAll(Runnable action) {
        PRINTER.execute(action);
    }

    @Override
    public void take(byte[] piece) {
        PRINTER.execute(() -> {
            if (label.length == 0) {
                print(piece, 0, piece.length);
            } else {
                printLines(piece);
            }
            credit.accept(piece.length);
        });
    }

    @Override
    public void end() {
        PRINTER.execute(() -> {
            if (line.size() > 0) {
                line.write('\n');
                printLine();
            }
        });
    }

    @Override
    public void lost() {
        end();
    }

    private void printLines(byte[] piece) {
        for (byte each : piece) {
            line.write(each);
            if (each == '\n' || line.size() >= LINE_LENGTH_MAX) {
                printLine();
            }
        }
    }

    private void printLine() {
        byte[] whole = new byte[label.length + line.size()];
        java.lang.System.arraycopy(label, 0, whole, 0, label.length);
        java.lang.System.arraycopy(line.toByteArray(), 0, whole, label.length, line.size());
        line.reset();
        print(whole, 0, whole.length);
    }

    private void print(byte[] bytes, int offset, int length) {
        PrintStream stream = isErrors ? java.lang.System.err : java.lang.System.out;
        stream.write(bytes, offset, length);
        stream.flush();
    }
}
