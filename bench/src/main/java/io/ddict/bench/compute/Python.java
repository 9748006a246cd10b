package io.ddict.bench.compute;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.gups.WrongContentException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Python's multiprocessing, asked line by line; it ends with its standard input. For one thread. */
final class Python implements AutoCloseable {
    private static final String READY = "ready";
    private static final int END_PATIENCE_S = 10;

    private final Process process;
    private final PrintStream in;
    private final BufferedReader out;

    private Python(Process process) {
        this.process = process;
        this.in = new PrintStream(process.getOutputStream(), true, UTF_8);
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    /**
     * Starts it.
     *
     * @throws IOException with the reason, if there is no Python, or one that does not work
     */
    static Python start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("python3", "-c", script()));
        command.addAll(List.of(arguments));
        Python python = new Python(
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
        if (!READY.equals(python.out.readLine())) {
            python.close();
            throw new IOException("python3 does not work, see what it wrote");
        }
        return python;
    }

    private static String script() throws IOException {
        try (InputStream script =
                Objects.requireNonNull(Python.class.getResourceAsStream("multiprocessing.py"))) {
            return new String(script.readAllBytes(), UTF_8);
        }
    }

    /** The answer to a line. */
    String ask(String line) {
        try {
            in.println(line);
            String answer = out.readLine();
            if (answer == null || !answer.matches("[\\d ]+")) {
                throw new WrongContentException("wrong result of python: answer=" + answer);
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        in.close();
        try {
            if (!process.waitFor(END_PATIENCE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
