package io.ddict.examples;

import io.ddict.pool.WorkerPool;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Pools in tasks of a pool: the outer one has a task for each archive, which makes a pool of its own for
 * the entries of that archive. They are unpacked, and checked against their checksums.
 *
 * <p>{@code ./ddict run io.ddict.examples.NestedPools pool/target/programs/lib/*.jar}
 */
final class NestedPools {
    private NestedPools() {}

    /** What an archive's task found. */
    private record Report(String archive, int entries, long length, List<String> damaged)
            implements
                Serializable {}

    static void main(String[] archives) {
        List<String> damaged = new ArrayList<>();
        try (WorkerPool pool = WorkerPool.create(2)) {
            for (Report each : pool.map(List.of(archives), NestedPools::check, 1)) {
                IO.println(
                        each.archive + ": " + each.entries + " entries, " + each.length
                                + " B unpacked, " + each.damaged.size() + " damaged");
                damaged.addAll(each.damaged);
            }
        }
        if (!damaged.isEmpty()) {
            throw new IllegalStateException("damaged entries: " + damaged);
        }
    }

    /** Runs in workers of the outer pool. */
    private static Report check(String archive) throws IOException {
        List<String> entries;
        try (ZipFile zip = new ZipFile(archive)) {
            entries = zip.stream().map(ZipEntry::getName).toList();
        }
        try (WorkerPool inner = WorkerPool.create(2)) {
            List<Long> lengths = inner.map(entries, entry -> checkedLength(archive, entry));
            List<String> damaged = new ArrayList<>();
            long total = 0;
            for (int i = 0; i < entries.size(); i++) {
                if (lengths.get(i) < 0) {
                    damaged.add(entries.get(i));
                } else {
                    total += lengths.get(i);
                }
            }
            return new Report(archive, entries.size(), total, damaged);
        }
    }

    /** Runs in workers of an inner pool: the entry's length, or -1 if it is damaged. */
    private static long checkedLength(String archive, String name) throws IOException {
        try (ZipFile zip = new ZipFile(archive)) {
            ZipEntry entry = zip.getEntry(name);
            CRC32 checksum = new CRC32();
            try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), checksum)) {
                long length = in.transferTo(OutputStream.nullOutputStream());
                return checksum.getValue() == entry.getCrc() ? length : -1;
            } catch (ZipException e) {
                return -1;
            }
        }
    }
}
