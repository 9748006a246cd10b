package io.ddict.client.classes;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeInstallation;
import io.ddict.client.protocol.ClassPathEntry;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/*
 * The service is asked each time: it may have removed what nobody had used for long. It decides who sends
 * what several lack; the others ask again.
 */

/** Class paths for processes on nodes that may not have the files. Safe from any thread. */
public final class RemoteClassPath {
    // A service hashes what it has itself, which takes as long as its disk does.
    private static final Duration FIND_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final Contents CONTENTS = new Contents();

    private RemoteClassPath() {}

    /** The entries of a class path as {@code java} takes it, absolute: {@code *} is all jars of a folder. */
    public static List<Path> entries(String classPath) throws IOException {
        List<Path> entries = new ArrayList<>();
        for (String each : classPath.split(File.pathSeparator, -1)) {
            Path path = Path.of(each).toAbsolutePath();
            if (path.endsWith("*") && path.getParent() != null) {
                addJars(entries, path.getParent());
            } else {
                entries.add(path);
            }
        }
        return entries;
    }

    private static void addJars(List<Path> entries, Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(each -> each.toString().toLowerCase(Locale.ROOT).endsWith(".jar"))
                        .sorted()
                        .forEach(entries::add);
            }
        }
    }

    /**
     * The class path by which processes on a service's node find what some entries hold, in their order and
     * with what jars among them name in their manifests. Sends what that node lacks, and blocks until it is
     * there: for at most 10 min of waiting for others who send the same. Entries of DDict's own
     * installation, and those that cannot be read, stay as they are.
     *
     * @throws IllegalArgumentException if one is too long to be sent, and that node has nothing at its path
     * @throws io.ddict.client.DDictException with status UNAVAILABLE if they find no room there
     * @throws UncheckedIOException if one cannot be read, or changes meanwhile
     */
    public static String on(NodeConnection service, List<Path> entries) {
        try {
            List<String> paths = new ArrayList<>();
            Map<Integer, ClassPathEntry> asked = new TreeMap<>();
            for (Path each : withNamed(entries)) {
                if (isShipped(each)) {
                    asked.put(paths.size(), entry(each));
                }
                paths.add(each.toString());
            }
            List<String> there = sent(service, List.copyOf(asked.values()));
            int next = 0;
            for (int index : asked.keySet()) {
                paths.set(index, there.get(next++));
            }
            return String.join(File.pathSeparator, paths);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<Path> withNamed(List<Path> entries) throws IOException {
        Set<Path> all = new LinkedHashSet<>();
        for (Path each : entries) {
            addWithNamed(all, each);
        }
        return all;
    }

    // As the JVM does: behind the jar that names them.
    private static void addWithNamed(Set<Path> all, Path entry) throws IOException {
        if (all.add(entry) && isShipped(entry)) {
            for (Path each : CONTENTS.of(entry).further()) {
                if (Files.exists(each)) {
                    addWithNamed(all, each);
                }
            }
        }
    }

    private static boolean isShipped(Path entry) {
        return (Files.isRegularFile(entry) || Files.isDirectory(entry))
                && Files.isReadable(entry) && !NodeInstallation.contains(entry);
    }

    private static ClassPathEntry entry(Path path) throws IOException {
        Content content = CONTENTS.of(path);
        return new ClassPathEntry(path.toString(), content.hash(), content.length());
    }

    private static List<String> sent(NodeConnection service, List<ClassPathEntry> entries)
            throws IOException {
        if (entries.isEmpty()) {
            return List.of();
        }
        long endNs = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            List<String> there = find(service, entries);
            if (there.stream().noneMatch(String::isEmpty)) {
                return there;
            }
            if (System.nanoTime() > endNs) {
                throw new DDictTimeoutException(
                        "class path does not arrive at another node: address=" + service.address()
                                + ", timeout=" + TIMEOUT.toSeconds() + "s");
            }
            for (int i = 0; i < entries.size(); i++) {
                if (there.get(i).isEmpty()) {
                    send(service, entries.get(i));
                }
            }
        }
    }

    private static List<String> find(NodeConnection service, List<ClassPathEntry> entries)
            throws IOException {
        try (DataInputStream answer = service.call(Request.CLASSES_FIND, FIND_TIMEOUT, out -> {
            out.writeInt(entries.size());
            for (ClassPathEntry each : entries) {
                each.write(out);
            }
        })) {
            return Fields.readTexts(answer);
        }
    }

    private static void send(NodeConnection service, ClassPathEntry entry) throws IOException {
        long number;
        try (DataInputStream answer = service.call(Request.CLASSES_BEGIN, entry::write)) {
            number = answer.readLong();
        }
        if (number < 0) {
            return; // another has sent it, or tried to
        }
        try (PieceOutput out = new PieceOutput(service, number)) {
            Contents.write(Path.of(entry.path()), out);
            out.complete();
        }
    }
}
