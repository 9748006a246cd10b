package io.ddict.manager.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@link ControlNodeMain} that a test talks to. */
final class ControlProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final Writer input;
    final int number;
    final int port;

    private ControlProcess(Process process) throws IOException {
        this.process = process;
        this.output = process.inputReader(UTF_8);
        this.input = process.outputWriter(UTF_8);
        String line = output.readLine();
        if (line == null || !line.startsWith("ready ")) {
            process.destroyForcibly();
            throw new IOException("node did not start: said=" + line);
        }
        String[] words = line.split(" ", -1);
        this.number = Integer.parseInt(words[1]);
        this.port = Integer.parseInt(words[2]);
    }

    static ControlProcess start(Path directory, List<String> flags, String... port)
            throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = new ArrayList<>(List.of(java.toString(), "-Xmx128m"));
        command.add("-Dorg.slf4j.simpleLogger.log.org.apache.ratis=off");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(flags);
        command.addAll(
                List.of(
                        "-cp", System.getProperty("java.class.path"),
                        ControlNodeMain.class.getName(), directory.toString()));
        command.addAll(List.of(port));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        return new ControlProcess(builder.start());
    }

    String ask(String line) throws IOException {
        tell(line);
        return hear();
    }

    void tell(String line) throws IOException {
        input.write(line + "\n");
        input.flush();
    }

    String hear() throws IOException {
        return String.valueOf(output.readLine());
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void signal(String name) throws IOException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().onExit()
                .join();
    }

    @Override
    public void close() throws IOException {
        kill();
        input.close();
        output.close();
    }
}
