package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A program of its own: in a JVM without flags, with only on its class path what a user's has. */
final class ClientProcess {
    private static final List<String> JARS = List.of(
            "ddict-jcache", "ddict-client", "ddict-store", "cache-api", "hash4j", "fory-core",
            "janino", "commons-compiler", "jspecify", "slf4j-api");
    private static final List<String> CLASSES = List.of(
            "/client/target/classes", "/store/target/classes", "/jcache/target/classes",
            "/jcache/target/test-classes");

    private final Process process;
    private final CompletableFuture<byte[]> output;

    private ClientProcess(Process process) {
        this.process = process;
        this.output = CompletableFuture.supplyAsync(() -> readAll(process), each -> Thread
                .ofPlatform().daemon().start(each));
    }

    private static byte[] readAll(Process process) {
        try {
            return process.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a class's main method. What it writes to standard error it may not write at all. */
    static ClientProcess start(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                classPath(), main.getName()));
        command.addAll(List.of(arguments));
        try {
            return new ClientProcess(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> CLASSES.stream().anyMatch(entry::endsWith)
                        || JARS.stream().anyMatch(jar -> Path.of(entry).getFileName().toString()
                                .startsWith(jar)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Waits until something is so; fails if the program ends before, or it takes too long. */
    void await(BooleanSupplier condition) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() - endNs > 0) {
                fail("did not come about: " + awaitEnd());
            }
        }
    }

    /** Waits for its end, which must be a good one; returns the lines that it wrote. */
    List<String> awaitEnd() throws Exception {
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends").isTrue();
            String text = new String(output.get(10, TimeUnit.SECONDS), StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(text).isZero();
            return text.lines().toList();
        } finally {
            process.destroyForcibly();
        }
    }
}
