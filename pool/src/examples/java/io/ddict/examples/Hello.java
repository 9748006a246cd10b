package io.ddict.examples;

import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.System;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Hello world: a process on every CPU of every node tells its number, its place and the text of the program.
 *
 * <p>{@code ./ddict run io.ddict.examples.Hello "good morning"}
 */
final class Hello {
    private Hello() {}

    static void main(String[] arguments) {
        String text = arguments.length > 0 ? arguments[0] : "hello";
        ProcessTemplate greeter = ProcessTemplate.of(() -> greet(text));
        try (ProcessGroup group = ProcessGroup.builder()
                .add(System.current().cpuPolicies(), greeter)
                .build()) {
            group.start();
            group.join();
        }
    }

    /** Runs in each process. */
    private static void greet(String text) throws IOException {
        IO.println("process " + ProcessHandle.current().pid() + " on CPU " + cpus() + " of "
                + System.current().primaryNode().host() + ": " + text);
    }

    /** The CPUs that the kernel lets this process run on. */
    private static String cpus() throws IOException {
        String label = "Cpus_allowed_list:";
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(label))
                .map(line -> line.substring(label.length()).strip())
                .findFirst()
                .orElseThrow();
    }
}
