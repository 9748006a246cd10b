package io.ddict.manager.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar. */
final class Version implements IVersionProvider {
    private static final String PROPERTIES =
            "/META-INF/maven/io.ddict/ddict-manager/pom.properties";

    @Override
    public String[] getVersion() throws IOException {
        return new String[]{
            "ddict " + ofJar(),
            "JDK " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch")};
    }

    private static String ofJar() throws IOException {
        try (InputStream stream = Version.class.getResourceAsStream(PROPERTIES)) {
            // Tests and development environments run from class files.
            if (stream == null) {
                return "(not packaged)";
            }
            Properties properties = new Properties();
            properties.load(stream);
            return properties.getProperty("version", "(unknown)");
        }
    }
}
