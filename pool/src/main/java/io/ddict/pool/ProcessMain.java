package io.ddict.pool;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
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
        ((ProcessAction) Objects.requireNonNull(decoded)).run();
        return null;
    }

    // As java itself: static or not, with arguments or without, but not private.
    private static void runMain(String name, String[] arguments) throws Throwable {
        Class<?> type = Class.forName(name, true, ClassLoader.getSystemClassLoader());
        Method main = mainMethod(type);
        main.setAccessible(true);
        try {
            Object instance = Modifier.isStatic(main.getModifiers()) ? null : instance(type);
            Object _ = main.getParameterCount() == 0
                    ? main.invoke(instance)
                    : main.invoke(instance, (Object) arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private static Method mainMethod(Class<?> type) throws NoSuchMethodException {
        List<Method> all = Stream.<Class<?>>iterate(type, Objects::nonNull, Class::getSuperclass)
                .flatMap(each -> Stream.of(each.getDeclaredMethods()))
                .filter(each -> each.getName().equals("main")
                        && !Modifier.isPrivate(each.getModifiers()))
                .toList();
        return Stream.of(List.<Class<?>>of(String[].class), List.<Class<?>>of())
                .flatMap(parameters -> all.stream()
                        .filter(each -> List.of(each.getParameterTypes()).equals(parameters)))
                .findFirst()
                .orElseThrow(() -> new NoSuchMethodException(
                        "class has no main method: class=" + type.getName()));
    }

    private static Object instance(Class<?> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
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
