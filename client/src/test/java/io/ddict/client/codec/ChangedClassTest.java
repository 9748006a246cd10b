package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dictionary outlives the program that filled it, and the next program's classes have changed.
 */
class ChangedClassTest {
    @Test
    void readsValuesOfARecordThatHadFewerOrMoreComponents(@TempDir Path folder) throws Exception {
        try (URLClassLoader older =
                compiled(folder.resolve("older"), "record Item(int number, String name) {}");
                URLClassLoader newer = compiled(folder.resolve("newer"),
                        "record Item(String name, long price) {}")) {
            Class<?> olderItem = older.loadClass("Item");
            Class<?> newerItem = newer.loadClass("Item");
            Codecs before = Codecs.builder().register(olderItem).build();
            Codecs after = Codecs.builder().register(newerItem).build();

            byte[] bytes = Samples.encoded(before, make(olderItem, 7, "chair"));
            assertThat(Samples.decoded(after, Tags.OBJECT, bytes))
                    .hasToString("Item[name=chair, price=0]");

            bytes = Samples.encoded(after, make(newerItem, "table", 9L));
            assertThat(Samples.decoded(before, Tags.OBJECT, bytes))
                    .hasToString("Item[number=0, name=table]");
        }
    }

    private static URLClassLoader compiled(Path folder, String source) throws Exception {
        Files.createDirectories(folder);
        Path file = Files.writeString(folder.resolve("Item.java"), source);
        int errors = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler())
                .run(null, null, null, "-d", folder.toString(), file.toString());
        assertThat(errors).isZero();
        return new URLClassLoader(new URL[]{folder.toUri().toURL()},
                ChangedClassTest.class.getClassLoader());
    }

    private static Object make(Class<?> type, Object... components)
            throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return constructor.newInstance(components);
    }
}
