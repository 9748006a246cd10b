package io.ddict.examples;

import io.ddict.client.DDict;
import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.sync.DLock;
import io.ddict.pool.sync.DQueue;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Several processes need the same files, and each file is read from the disk once, by whoever asks first.
 * All others have it from memory.
 *
 * <p>{@code ./ddict run io.ddict.examples.FileCache docs}
 */
final class FileCache {
    private static final int PROCESSES = 3;

    private FileCache() {}

    // snippet: example-file-cache
    /** The cache: a dictionary whose keys are paths. It travels to other processes. */
    private record Cache(DDict<String, byte[]> contents, DQueue<String> reads)
            implements
                Serializable {
        byte[] read(String file) throws IOException {
            byte[] content = contents.get(file);
            if (content != null) {
                return content;
            }
            DLock lock = DLock.of(file); // free again if its process dies
            lock.lock();
            try {
                content = contents.get(file); // another process may have been faster
                if (content == null) {
                    content = Files.readAllBytes(Path.of(file));
                    contents.put(file, content);
                    reads.add(file);
                }
                return content;
            } finally {
                lock.unlock();
            }
        }
    }
    // end

    static void main(String[] arguments) throws IOException {
        List<String> files = files(arguments.length > 0 ? arguments[0] : "docs");
        Cache cache = new Cache(DDict.create(), DQueue.create());
        ProcessTemplate reader = ProcessTemplate.of(() -> readAll(files, cache));
        try (ProcessGroup readers = ProcessGroup.builder().add(PROCESSES, reader).build()) {
            readers.start();
            readers.join();
        }
        List<String> read = new ArrayList<>();
        cache.reads.drainTo(read);
        IO.println(read.size() + " of " + PROCESSES * files.size() + " reads were from the disk");
        Collections.sort(read);
        if (!read.equals(files)) {
            throw new IllegalStateException("not each file was read once: read=" + read);
        }
    }

    /** Runs in each process: uses all files, in an order of its own. */
    private static void readAll(List<String> files, Cache cache) throws IOException {
        List<String> shuffled = new ArrayList<>(files);
        Collections.shuffle(shuffled, new Random());
        long sum = 0;
        for (String file : shuffled) {
            CRC32 checksum = new CRC32();
            checksum.update(cache.read(file));
            sum += checksum.getValue();
        }
        IO.println(files.size() + " files with the sum of checksums " + sum);
    }

    private static List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return all.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
        }
    }
}
