package io.ddict.manager.tools.demo;

import io.ddict.client.DDict;
import io.ddict.store.pool.MappedPool;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * What a client needs, and no more: our own class path holds the node service's libraries too, which
 * a client can do without, and whose JVM flags it does not have. A jar, or a folder of classes, is
 * found by a class in it; optional ones may be missing.
 */

/** The class path of a plain client that also has the stages. */
final class ClientClassPath {
    private static final String[] LIBRARIES = {
        "com.dynatrace.hash4j.hashing.Hashing",
        "org.jspecify.annotations.Nullable",
        "org.apache.fory.Fory",
        "org.codehaus.janino.Java",
        "org.codehaus.commons.compiler.CompileException"};

    private ClientClassPath() {}

    static String text() {
        return Stream.concat(
                Stream.of(StageMain.class, DDict.class, MappedPool.class),
                Stream.of(LIBRARIES).map(ClientClassPath::find))
                .flatMap(ClientClassPath::location)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static @Nullable Class<?> find(String name) {
        try {
            return Class.forName(name, false, ClientClassPath.class.getClassLoader());
        } catch (ClassNotFoundException _) {
            return null;
        }
    }

    private static Stream<String> location(@Nullable Class<?> type) {
        CodeSource source = type == null ? null : type.getProtectionDomain().getCodeSource();
        if (source == null) {
            return Stream.empty();
        }
        try {
            return Stream.of(Path.of(source.getLocation().toURI()).toString());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("class path entry is no file: location="
                    + source.getLocation(), e);
        }
    }
}
