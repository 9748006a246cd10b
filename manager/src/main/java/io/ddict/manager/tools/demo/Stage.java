package io.ddict.manager.tools.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** What processes are started for. Each does as much of its stage as it gets hold of. */
enum Stage {
    /** Reads each file, once, into the dictionary. */
    LOAD {
        @Override
        StageReport run(Workspace workspace) throws IOException {
            try (Source source = Source.open(Path.of(workspace.source()))) {
                return new Loader(workspace, source).run();
            }
        }
    },

    /** Takes the files from the dictionary and leaves the index there. */
    INDEX {
        @Override
        StageReport run(Workspace workspace) throws IOException {
            return new Indexer(workspace).run();
        }
    };

    /** Works until nothing is left to take. */
    abstract StageReport run(Workspace workspace) throws IOException;

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
