package io.ddict.pool;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 * Without arguments the process asks the node service for its task; with some, the first is the class
 * whose main method gets the others. What is thrown is reported, and then left to the JVM, which prints
 * it and ends with 1, as it would for any program. A service that ends takes this process with it.
 */

/** Entry point of Java processes; not for programs. */
public final class ProcessMain {
    private ProcessMain() {}

    /** Runs a task, or another class's main method. */
    public static void main(String[] arguments) throws Throwable {
        long number = Long.parseLong(java.lang.System.getenv(ProcessOrder.NUMBER_VARIABLE));
        NodeConnection service = NodeProcess.home();
        Thread.ofPlatform().daemon().name("ddict-service-watch").start(() -> endWith(service));
        try {
            if (arguments.length > 0) {
                runMain(arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length));
            } else {
                report(service, number, Report.ofResult(runTask(service, number)));
            }
        } catch (Throwable thrown) {
            report(service, number, Report.ofFailure(thrown));
            throw thrown;
        }
    }

    private static void endWith(NodeConnection service) {
        while (!service.isLost()) {
            service.awaitEnd();
        }
        if (!service.isClosed()) {
            Runtime.getRuntime().halt(1);
        }
    }

    private static @Nullable Object runTask(NodeConnection service, long number)
            throws Exception {
        byte[] task;
        try (DataInputStream answer =
                service.call(Request.PROCESS_TASK, out -> out.writeLong(number))) {
            task = Fields.readBytes(answer);
        }
        Object decoded = Report.deserialized(task, 0);
        if (decoded instanceof ProcessTask<?> computed) {
            return computed.run();
        }
        ((ProcessAction) java.util.Objects.requireNonNull(decoded)).run();
        return null;
    }

    private static void runMain(String name, String[] arguments) throws Throwable {
        Class<?> type = Class.forName(name, true, ClassLoader.getSystemClassLoader());
        Method main = type.getMethod("main", String[].class);
        main.setAccessible(true);
        try {
            Object _ = main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private static void report(NodeConnection service, long number, byte[] report)
            throws IOException {
        try (DataInputStream answer = service.call(Request.PROCESS_REPORT, out -> {
            out.writeLong(number);
            Fields.writeBytes(out, report);
        })) {
            assert answer.available() == 0;
        }
    }
}
