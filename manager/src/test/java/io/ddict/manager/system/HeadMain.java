package io.ddict.manager.system;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program for {@code ddict run}. */
public final class HeadMain {
    private HeadMain() {}

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "exit" -> {
                System.out.println("arguments " + String.join(",", arguments));
                System.out.println("input " + new String(
                        System.in.readAllBytes(), StandardCharsets.UTF_8));
                System.err.println("errors");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {}));
                throw new ExpectedException();
            }
            case "create" -> {
                try (DDict<String, List<String>> dict = DDict.create(
                        DDictConfig.builder().totalMemory(ByteSize.mib(16)).build())) {
                    dict.put("a", List.of("b", "c"));
                    System.out.println(dict.serialize() + " " + dict.get("a"));
                }
            }
            default -> {
                Runtime.getRuntime().addShutdownHook(
                        new Thread(() -> System.out.println("hook")));
                System.out.println("ready " + ProcessHandle.current().pid());
                while (System.in.read() >= 0) {
                    // Until the end of its input, or a signal.
                }
            }
        }
    }

    /** Makes the program end with 1. */
    private static final class ExpectedException extends RuntimeException {
        ExpectedException() {
            super("expected", null, false, false);
        }
    }
}
