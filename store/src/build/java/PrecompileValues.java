import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import net.openhft.chronicle.values.Values;

/*
 * A step of the build, run as a source file. The first Chronicle Map of a process generates a class
 * and compiles it with javac, which takes half of that map's time and needs a flag; but it looks for
 * the class on the class path first. So it is put there. Chronicle prints the source it generates if a
 * property asks for it, and that is all we need.
 */
class PrecompileValues {
    private static final String TYPE = "net.openhft.chronicle.hash.VanillaGlobalMutableState";

    /**
     * Writes the class file.
     *
     * @param arguments the folder for it; the class path
     */
    public static void main(String[] arguments) throws ReflectiveOperationException, IOException {
        System.setProperty("chronicle.values.dumpCode", "true");
        PrintStream console = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        Values.nativeClassFor(Class.forName(TYPE));
        System.setOut(console);
        compile(printed.toString(StandardCharsets.UTF_8), arguments[0], arguments[1]);
    }

    private static void compile(String source, String folder, String classPath) {
        URI name = URI.create("string:///" + TYPE.replace('.', '/') + "$$Native.java");
        JavaFileObject file =
                new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> options = List.of("-d", folder, "-cp", classPath, "-proc:none", "-nowarn");
        if (!compiler.getTask(null, null, null, options, null, List.of(file)).call()) {
            throw new IllegalStateException("generated class does not compile:\n" + source);
        }
    }
}
