package io.ddict.examples;

import io.ddict.pool.WorkerPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Two pools work on the same files at the same time, each with as many workers as its work is worth: one
 * packs them, which takes long, the other one computes their checksums.
 *
 * <p>{@code ./ddict run io.ddict.examples.TwoPools docs}
 */
final class TwoPools {
    private TwoPools() {}

    static void main(String[] arguments) throws IOException {
        List<String> files = files(arguments.length > 0 ? arguments[0] : "docs");
        // snippet: two-pools
        try (WorkerPool packers = WorkerPool.create(2);
                WorkerPool hashers = WorkerPool.create(1)) {
            CompletableFuture<List<Integer>> lengths =
                    packers.mapAsync(files, TwoPools::packedLength);
            CompletableFuture<List<String>> hashes = hashers.mapAsync(files, TwoPools::hash);
            hashers.shutdown(); // when it has done that; the other pool works on
            print(files, lengths.join(), hashes.join());
        }
        // end
    }

    /** Runs in workers of the first pool. */
    private static int packedLength(String file) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            Files.copy(Path.of(file), out);
        }
        return packed.size();
    }

    /** Runs in the worker of the second pool. */
    private static String hash(String file) throws Exception {
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(file)));
        return HexFormat.of().formatHex(digest);
    }

    private static void print(List<String> files, List<Integer> lengths, List<String> hashes) {
        long total = 0;
        for (int i = 0; i < files.size(); i++) {
            IO.println(hashes.get(i) + "  " + files.get(i) + ": " + lengths.get(i) + " B packed");
            total += lengths.get(i);
        }
        IO.println(files.size() + " files, " + total + " B packed");
    }

    private static List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return all.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
        }
    }
}
