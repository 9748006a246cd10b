package io.ddict.manager.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    Path folder;

    private Path tree;

    @BeforeEach
    void plant() throws IOException {
        tree = Files.createDirectories(folder.resolve("tree/pool")).getParent();
        Files.createFile(tree.resolve("pool/data"));
    }

    @Test
    void removesWhatIsInItAndTheValuesOnADisk() throws IOException {
        Path values = Files.createFile(folder.resolve("values"));
        Path other = Files.createFile(folder.resolve("other"));
        Files.createSymbolicLink(tree.resolve("pool/spill"), values);
        Files.createSymbolicLink(tree.resolve("pool/link"), other);
        FileTree.remove(tree);
        assertThat(other).exists();
        assertThat(values).doesNotExist();
        FileTree.remove(tree);
    }

    @Test
    void removesWhatIsInMemoryIfTheDiskFails() throws IOException {
        // A directory with something in it cannot be removed as a file.
        Path stuck = Files.createDirectory(folder.resolve("stuck"));
        Files.createFile(stuck.resolve("file"));
        Files.createSymbolicLink(tree.resolve("pool/spill"), stuck);
        FileTree.remove(tree);
        assertThat(tree).doesNotExist();
        assertThat(stuck).exists();
    }
}
