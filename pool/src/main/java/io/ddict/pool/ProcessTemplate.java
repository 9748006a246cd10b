package io.ddict.pool;

import io.ddict.client.DDict;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.ProcessOrder.End;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/*
 * A template is what a process will be, so it may be used many times and travel to others. Each method
 * gives a copy with one thing changed.
 */

/**
 * What a process is to be: an executable, a Java class with a main method, or a lambda; with its
 * arguments, directory, environment, standard streams and policy. Immutable.
 *
 * <p>Arguments may be anything; they become text by {@code toString}, dictionaries by {@link
 * DDict#serialize}. The environment and the working directory are those of the program that starts the
 * process, unless said otherwise. Output appears in that program's output, input is empty.
 *
 * <p>Java processes run on the JDK and the class path of the program that starts them, with {@link
 * #JVM_OPTIONS}. Another node is sent what it lacks of that class path.
 */
public final class ProcessTemplate implements Serializable, Cloneable {
    /**
     * What Java processes have before their own {@link #jvmOptions}: many fit on a machine, they compile
     * what runs four times as often as a JVM would by itself, which leaves a fifth of their start, and the
     * library that encodes collections makes none of them warn.
     */
    public static final List<String> JVM_OPTIONS = List.of(
            "-XX:+UseSerialGC", "-Xms16m", "-Xmx256m", "-XX:CompileThresholdScaling=4",
            "--sun-misc-unsafe-memory-access=allow");

    private static final int NAME_LENGTH_MAX = 200;

    private final Kind kind;
    private final String program;
    private final byte[] task;
    private List<String> arguments;
    private List<String> jvmOptions = List.of();
    private String name = "";
    private String directory = "";
    private String label = "";
    private Map<String, String> environment = Map.of();
    private Redirect input = Redirect.DISCARD;
    private Redirect output = Redirect.INHERIT;
    private Redirect errors = Redirect.INHERIT;
    private Policy policy = Policy.ANY;

    private enum Kind {
        EXECUTABLE, MAIN, TASK
    }

    private ProcessTemplate(Kind kind, String program, List<String> arguments, byte[] task) {
        this.kind = kind;
        this.program = program;
        this.arguments = arguments;
        this.task = task;
    }

    /**
     * An executable.
     *
     * @param file its path, or a name that is looked for in the folders of PATH
     */
    public static ProcessTemplate executable(String file, Object... arguments) {
        return new ProcessTemplate(Kind.EXECUTABLE, file, texts(arguments), new byte[0]);
    }

    /** The main method of a class, of any form that {@code java} would start. */
    public static ProcessTemplate main(Class<?> type, Object... arguments) {
        return main(type.getName(), arguments);
    }

    /** The main method of a class, by its name. */
    public static ProcessTemplate main(String className, Object... arguments) {
        return new ProcessTemplate(Kind.MAIN, className, texts(arguments), new byte[0]);
    }

    /**
     * A task whose result {@link Process#result} brings.
     *
     * @throws IllegalArgumentException if it, or what it captures, cannot be serialized
     */
    public static ProcessTemplate of(ProcessTask<?> task) {
        return ofTask(task);
    }

    /** A task without a result; see {@link #of(ProcessTask)}. */
    public static ProcessTemplate of(ProcessAction task) {
        return ofTask(task);
    }

    private static ProcessTemplate ofTask(Serializable task) {
        try {
            return new ProcessTemplate(Kind.TASK, "", List.of(), Report.serialized(task));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "task cannot travel to another process: cause=" + e
                            + "; let it capture only what is Serializable, and not the object"
                            + " around it",
                    e);
        }
    }

    private static List<String> texts(Object... arguments) {
        return Stream.of(arguments)
                .map(each -> each instanceof DDict<?, ?> dict
                        ? dict.serialize()
                        : String.valueOf(each))
                .toList();
    }

    /** The same with other arguments. */
    public ProcessTemplate arguments(Object... chosen) {
        ProcessTemplate copy = copy();
        copy.arguments = texts(chosen);
        return copy;
    }

    /** The same with a name by which {@link Process#find} finds it; it must be free when it starts. */
    public ProcessTemplate name(String chosen) {
        if (chosen.isBlank() || chosen.length() > NAME_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "name is blank, or over " + NAME_LENGTH_MAX + " letters: name=" + chosen);
        }
        ProcessTemplate copy = copy();
        copy.name = chosen;
        return copy;
    }

    /** The same in a working directory. */
    public ProcessTemplate directory(Path chosen) {
        ProcessTemplate copy = copy();
        copy.directory = chosen.toAbsolutePath().toString();
        return copy;
    }

    /** The same with a variable added to its environment, or changed. */
    public ProcessTemplate environment(String variable, String value) {
        ProcessTemplate copy = copy();
        Map<String, String> changed = new HashMap<>(environment);
        changed.put(variable, value);
        copy.environment = Map.copyOf(changed);
        return copy;
    }

    /** The same with its input from a file, {@link Redirect#PIPE} or {@link Redirect#DISCARD}. */
    public ProcessTemplate stdin(Redirect chosen) {
        if (chosen.end() == End.LAUNCHER || chosen.end() == End.OUTPUT) {
            throw new IllegalArgumentException(
                    "standard input comes from a file, PIPE or DISCARD: redirect=" + chosen
                            + "; to pass this program's own input on, choose PIPE and write it to"
                            + " Process.stdin()");
        }
        ProcessTemplate copy = copy();
        copy.input = chosen;
        return copy;
    }

    /** The same with its output elsewhere. */
    public ProcessTemplate stdout(Redirect chosen) {
        if (chosen.end() == End.OUTPUT) {
            throw new IllegalArgumentException(
                    "only standard error can go where standard output goes: redirect=" + chosen);
        }
        ProcessTemplate copy = copy();
        copy.output = chosen;
        return copy;
    }

    /** The same with its errors elsewhere. */
    public ProcessTemplate stderr(Redirect chosen) {
        ProcessTemplate copy = copy();
        copy.errors = chosen;
        return copy;
    }

    /**
     * The same with a text before each line that appears in the output of the program that started it.
     * Lines then appear as a whole.
     */
    public ProcessTemplate label(String chosen) {
        ProcessTemplate copy = copy();
        copy.label = chosen;
        return copy;
    }

    /** The same with a policy. */
    public ProcessTemplate policy(Policy chosen) {
        ProcessTemplate copy = copy();
        copy.policy = chosen;
        return copy;
    }

    /**
     * The same with options of the JVM, behind {@link #JVM_OPTIONS} and the class path: of two, the later
     * one counts, so {@code -cp} and a path choose another, that must have DDict's jars and be there on the
     * process's node. Nothing for an executable.
     */
    public ProcessTemplate jvmOptions(String... chosen) {
        ProcessTemplate copy = copy();
        copy.jvmOptions = List.of(chosen);
        return copy;
    }

    String name() {
        return name;
    }

    String label() {
        return label;
    }

    Policy policy() {
        return policy;
    }

    Redirect input() {
        return input;
    }

    Redirect output() {
        return output;
    }

    Redirect errors() {
        return errors;
    }

    /** Whether it is started by a class path. */
    boolean isJava() {
        return kind != Kind.EXECUTABLE;
    }

    /**
     * The order for a process of this kind.
     *
     * @param classPath of a Java process, where it starts
     * @param isElsewhere whether that is on another node, which may lack this program's working directory
     */
    ProcessOrder order(
            long key, Placement placement, ProcessOrder.Rank rank, String classPath,
            boolean isElsewhere) {
        Map<String, String> all = new HashMap<>(java.lang.System.getenv());
        all.putAll(placement.environment());
        all.putAll(environment);
        return new ProcessOrder(
                key, name, command(classPath, isElsewhere),
                directory.isEmpty() ? Path.of("").toAbsolutePath().toString() : directory,
                !directory.isEmpty() || !isElsewhere, all, input.target(), output.target(),
                errors.target(), placement.cpus(),
                placement.gpus(), rank, task);
    }

    private List<String> command(String classPath, boolean isElsewhere) {
        List<String> command = new ArrayList<>();
        if (kind == Kind.EXECUTABLE) {
            command.add(program);
        } else {
            command.add(Path.of(java.lang.System.getProperty("java.home"), "bin", "java")
                    .toString());
            command.addAll(JVM_OPTIONS);
            command.addAll(StartCache.options(jvmOptions, isElsewhere));
            command.add("-cp");
            command.add(classPath);
            command.addAll(jvmOptions);
            command.add(ProcessMain.class.getName());
            if (kind == Kind.MAIN) {
                command.add(program);
            }
        }
        command.addAll(arguments);
        return command;
    }

    private ProcessTemplate copy() {
        try {
            return (ProcessTemplate) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }
}
