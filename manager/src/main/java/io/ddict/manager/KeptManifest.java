package io.ddict.manager;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/*
 * Names are those of DDictConfig, so that whoever is told of a difference knows what to change. What the
 * pools tell themselves, such as the seed of the key hash, is not repeated here.
 */

/** What a dictionary that is kept was made with, by which it can be found again. */
final class KeptManifest {
    private final Properties settings;

    private KeptManifest(Properties settings) {
        this.settings = settings;
    }

    static KeptManifest of(DictionarySettings made) {
        Properties settings = new Properties();
        settings.setProperty("managersPerNode", Integer.toString(made.managers()));
        settings.setProperty("firstManager", Integer.toString(made.firstManager()));
        settings.setProperty("totalMemory", made.memoryLength() + "B");
        settings.setProperty("entriesMax", Long.toString(made.keysMax()));
        settings.setProperty("fullThreshold", Double.toString(made.limits().fullThreshold()));
        settings.setProperty("clientQuota", made.limits().clientQuota() + "B");
        settings.setProperty("spillSize", made.limits().spillLength() + "B each");
        settings.setProperty("workingSetSize", Integer.toString(made.workingSet().size()));
        settings.setProperty("waitForKeys", Boolean.toString(made.workingSet().waitsForKeys()));
        settings.setProperty(
                "waitForWriters", Boolean.toString(made.workingSet().waitsForWriters()));
        settings.setProperty("placement", made.keyRule().placement());
        return new KeptManifest(settings);
    }

    static KeptManifest read(Path file) throws IOException {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            settings.load(reader);
        }
        return new KeptManifest(settings);
    }

    void write(Path file) throws IOException {
        try (Writer writer = Files.newBufferedWriter(file)) {
            settings.store(writer, null);
        }
    }

    /**
     * Compares what is wanted with what is kept.
     *
     * @throws IllegalArgumentException naming every difference
     */
    void requireSameAs(KeptManifest kept, String name) {
        List<String> differences = new ArrayList<>();
        for (String setting : settings.stringPropertyNames().stream().sorted().toList()) {
            String wanted = settings.getProperty(setting);
            String was = kept.settings.getProperty(setting, "unknown");
            if (!wanted.equals(was)) {
                differences.add(setting + ": kept=" + was + ", wanted=" + wanted);
            }
        }
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException(
                    "a dictionary of this name is kept that was made with other settings: name="
                            + name
                            + "; "
                            + String.join("; ", differences)
                            + "; create it with the same, or remove it by: ddict forget "
                            + name);
        }
    }
}
