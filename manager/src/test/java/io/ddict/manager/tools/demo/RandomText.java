package io.ddict.manager.tools.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Texts of words that repeat as words do: few are frequent, most are rare. */
final class RandomText {
    private static final String GAPS = " \n\t.,;(){}+-=\u00e9";

    private RandomText() {}

    /** About so many bytes. */
    static byte[] bytes(Random random, int length) {
        byte[] text = new byte[length];
        int position = 0;
        while (position < length) {
            // An exponent spreads the ranks, so that low ones come often.
            int rank = (int) Math.exp(random.nextDouble() * Math.log(20_000));
            String word = (rank % 10 == 9 ? "" : "w") + Integer.toString(rank, 36)
                    + GAPS.charAt(random.nextInt(GAPS.length()));
            for (int i = 0; i < word.length() && position < length; i++) {
                text[position++] = (byte) word.charAt(i);
            }
        }
        return text;
    }

    /** A folder with folders and files, among them such as programs trip over. */
    static void writeFolder(Path root, Random random, int files) throws IOException {
        for (int file = 0; file < files; file++) {
            Path folder = root.resolve("part " + file % 7).resolve("p" + file % 3);
            Files.createDirectories(folder);
            Files.write(folder.resolve("Text" + file + ".java"),
                    bytes(random, 1 + random.nextInt(30_000)));
        }
        Files.write(root.resolve("empty.txt"), new byte[0]);
        Files.write(root.resolve("numbers.txt"), "1 2 3".getBytes(UTF_8));
        Files.write(root.resolve("one-word.txt"), new byte[]{'w'});
        Files.write(root.resolve("long run.bin"), "x".repeat(70_000).getBytes(UTF_8));
        Files.write(root.resolve("large.txt"), bytes(random, 3 << 20));
        Files.createSymbolicLink(root.resolve("link.txt"), root.resolve("one-word.txt"));
    }
}
