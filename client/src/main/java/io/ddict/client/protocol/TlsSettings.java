package io.ddict.client.protocol;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/*
 * A process is told by properties or variables. A node service that was told writes it down in its
 * cluster's directory, so that processes on its machine need not be told: they get it as they get the
 * secret. Only names of files travel; a key is read where it lies.
 */

/**
 * Whether, and by which files, connections to other machines are encrypted. Immutable.
 *
 * @param trust certificates of the authorities that issue those of the cluster, PEM
 * @param certificate this process's own certificate and those between it and an authority, PEM; null for
 *     a client that has none
 * @param key the private key that belongs to it, PKCS #8 in PEM, unencrypted
 * @param mutual whether a node service wants certificates of its clients, too
 * @param anyHost whether a certificate of the authorities is enough, whatever hosts it names
 */
public record TlsSettings(
        Path trust, @Nullable Path certificate, @Nullable Path key, boolean mutual,
        boolean anyHost) {
    /** Stands in a path for the name of the machine that reads it. */
    public static final String HOST = "{host}";

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    /** What a process is told, by a property, or by a variable where that is not set. */
    private enum Setting {
        TRUST, CERTIFICATE, KEY, MUTUAL, ANY_HOST;

        String property() {
            return "ddict.tls." + name().toLowerCase(java.util.Locale.ROOT).replace('_', '.');
        }

        String variable() {
            return "DDICT_TLS_" + name();
        }

        boolean isPath() {
            return this != MUTUAL && this != ANY_HOST;
        }
    }

    /**
     * What this process was told by properties {@code ddict.tls.*} or variables {@code DDICT_TLS_*}; null if
     * connections are not to be encrypted.
     *
     * @throws IllegalArgumentException with all violations, if that makes no sense
     */
    public static @Nullable TlsSettings ofProcess() {
        return of(given());
    }

    /**
     * How this process connects to a cluster: as it was told, else as the cluster's service on this machine
     * does, else not encrypted.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException as above
     */
    public static @Nullable TlsSettings ofCluster(String cluster) throws IOException {
        TlsSettings own = ofProcess();
        if (own != null) {
            return own;
        }
        Path file = RuntimeDirectory.ofCluster(cluster).resolve(RuntimeDirectory.TLS);
        if (!Files.exists(file)) {
            return null;
        }
        Properties read = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            read.load(in);
        }
        Map<String, String> values = new LinkedHashMap<>();
        read.stringPropertyNames().forEach(name -> values.put(name, read.getProperty(name)));
        return of(values);
    }

    /**
     * What this process was told, as properties for another one, on this or another machine: with whole
     * paths, and {@link #HOST} as it was.
     */
    public static Map<String, String> given() {
        Map<String, String> given = new LinkedHashMap<>();
        for (Setting each : Setting.values()) {
            String property = System.getProperty(each.property());
            String text = property != null ? property : System.getenv(each.variable());
            if (text != null && !text.isEmpty()) {
                given.put(each.property(), each.isPath() ? whole(text) : text);
            }
        }
        return given;
    }

    /** The same as variables. */
    public static Map<String, String> givenAsVariables() {
        Map<String, String> variables = new LinkedHashMap<>();
        Map<String, String> given = given();
        for (Setting each : Setting.values()) {
            String text = given.get(each.property());
            if (text != null) {
                variables.put(each.variable(), text);
            }
        }
        return variables;
    }

    /** Has an environment say what this process was told, and nothing that another one was. */
    public static void putInto(Map<String, String> environment) {
        for (Setting each : Setting.values()) {
            environment.remove(each.variable());
        }
        environment.putAll(givenAsVariables());
    }

    private static String whole(String text) {
        return Path.of(text).toAbsolutePath().toString();
    }

    private static @Nullable TlsSettings of(Map<String, String> values) {
        if (values.isEmpty()) {
            return null;
        }
        List<String> violations = new ArrayList<>();
        Path trust = path(values, Setting.TRUST);
        Path certificate = path(values, Setting.CERTIFICATE);
        Path key = path(values, Setting.KEY);
        boolean mutual = flag(values, Setting.MUTUAL, violations);
        boolean anyHost = flag(values, Setting.ANY_HOST, violations);
        if (trust == null) {
            violations.add("no authority to trust; set " + Setting.TRUST.variable());
        }
        if ((certificate == null) != (key == null)) {
            violations.add("certificate and private key go together; set both "
                    + Setting.CERTIFICATE.variable() + " and " + Setting.KEY.variable());
        }
        if (trust == null || !violations.isEmpty()) {
            throw new IllegalArgumentException(
                    "settings of TLS refused: " + String.join("; ", violations));
        }
        return new TlsSettings(trust, certificate, key, mutual, anyHost);
    }

    private static @Nullable Path path(Map<String, String> values, Setting setting) {
        String text = values.get(setting.property());
        return text == null ? null : Path.of(text.replace(HOST, hostName(text)));
    }

    private static String hostName(String text) {
        try {
            return text.contains(HOST) ? Files.readString(HOST_NAME).strip() : HOST;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean flag(
            Map<String, String> values, Setting setting, List<String> violations) {
        String text = values.getOrDefault(setting.property(), "false");
        if (!text.equals("true") && !text.equals("false")) {
            violations.add(setting.variable() + " is neither true nor false: value=" + text);
        }
        return text.equals("true");
    }

    /**
     * Writes them down for the processes of this machine, as {@link #ofCluster} reads them.
     *
     * @throws IOException if there is such a file already, or it cannot be written
     */
    public void write(Path file) throws IOException {
        Properties written = new Properties();
        written.setProperty(Setting.TRUST.property(), trust.toString());
        if (certificate != null && key != null) {
            written.setProperty(Setting.CERTIFICATE.property(), certificate.toString());
            written.setProperty(Setting.KEY.property(), key.toString());
        }
        written.setProperty(Setting.MUTUAL.property(), Boolean.toString(mutual));
        written.setProperty(Setting.ANY_HOST.property(), Boolean.toString(anyHost));
        Files.createFile(file, PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rw-------")));
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            written.store(out, null);
        }
    }

    /**
     * Checks that the private key is this user's, and nobody else may use it.
     *
     * @throws IOException if it is not, or not there
     */
    public void checkKey() throws IOException {
        if (key != null) {
            PrivateFile.check("private key", key);
        }
    }
}
