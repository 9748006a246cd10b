package io.ddict.manager.tools.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process of a stage, seen from the parent. It ends with the parent, whatever way that ends. */
final class StageProcess implements AutoCloseable {
    private static final int OUTPUT_LENGTH_MAX = 1 << 16;

    private final Stage stage;
    private final int number;
    private final Process process;
    private final Thread outputReader;
    // Written by the reader, read by others once it has ended.
    private String output = "";

    private StageProcess(Stage stage, int number, Process process) {
        this.stage = stage;
        this.number = number;
        this.process = process;
        this.outputReader = Thread.ofVirtual().unstarted(this::readOutput);
    }

    /** Starts one. Its standard input, which stays open and empty, tells it that we live. */
    static StageProcess start(Stage stage, int number, String handle) throws IOException {
        Process process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                ClientClassPath.text(),
                StageMain.class.getName(),
                stage.name(),
                Integer.toString(number),
                handle)
                .redirectErrorStream(true)
                .start();
        StageProcess started = new StageProcess(stage, number, process);
        started.outputReader.start();
        return started;
    }

    /**
     * Waits for its end, but not long.
     *
     * @return whether it ended
     * @throws StageFailedException if it failed
     */
    boolean awaitEnd(long timeoutMs) throws InterruptedException {
        if (!process.waitFor(timeoutMs, TimeUnit.MILLISECONDS)) {
            return false;
        }
        outputReader.join();
        int exitCode = process.exitValue();
        if (exitCode != 0) {
            throw new StageFailedException(
                    "process of the demo failed: stage=" + stage.text() + ", process=" + number
                            + ", exitCode=" + exitCode + "; it said:",
                    StageMain.statusOf(exitCode), output);
        }
        return true;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            outputReader.join();
            process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void readOutput() {
        try (InputStream stream = process.getInputStream()) {
            output = new String(stream.readNBytes(OUTPUT_LENGTH_MAX), StandardCharsets.UTF_8);
            stream.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            output = "output could not be read: cause=" + e.getMessage();
        }
    }
}
