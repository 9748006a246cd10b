package io.ddict.client.classes;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;

/*
 * A folder is made a jar whose bytes depend on names and contents alone: sorted, of one date, and not
 * compressed, since that may differ between versions. It has entries for folders, which those look for who
 * search a class path.
 *
 * Files are read again once their length, time or identity has changed, and by one thread only.
 */

/** The contents of entries of class paths, each computed once. Safe from any thread. */
public final class Contents {
    /** Most bytes of an entry that is sent: 512 MiB; it lies in shared memory where it arrives. */
    public static final long LENGTH_MAX = 512L << 20;

    /** Most files and folders in a folder that is sent. */
    public static final int FILES_MAX = 10_000;

    // Without a time zone, which setTime would depend on.
    private static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final Map<Path, Known> all = new ConcurrentHashMap<>();

    private record Known(List<FileState> states, Content content) {}

    /**
     * The content of a file or folder. May read it whole, which blocks others who ask for the same.
     *
     * @return with an empty hash if it is longer than {@link #LENGTH_MAX} or has more than {@link
     *     #FILES_MAX} files
     * @throws IOException if it cannot be read, or changes meanwhile
     */
    public Content of(Path path) throws IOException {
        List<FileState> states = states(path);
        if (states.isEmpty()) {
            return Content.TOO_LONG;
        }
        try {
            return all.compute(path, (same, known) -> known != null && known.states.equals(states)
                    ? known
                    : new Known(states, read(path, states))).content;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static List<FileState> states(Path path) throws IOException {
        return FileState.of(path, FILES_MAX, LENGTH_MAX);
    }

    private static Content read(Path path, List<FileState> states) {
        HashingOutput out = new HashingOutput();
        try {
            write(path, states, out);
            List<Path> further = Files.isDirectory(path) ? List.of() : namedByManifest(path);
            if (!states(path).equals(states)) {
                throw new IOException("class path changes while it is read: path=" + path);
            }
            return out.length > LENGTH_MAX
                    ? Content.TOO_LONG
                    : new Content(out.hash(), out.length, further);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what is hashed: a file as it is, a folder as a jar. */
    static void write(Path path, OutputStream out) throws IOException {
        write(path, states(path), out);
    }

    private static void write(Path path, List<FileState> states, OutputStream out)
            throws IOException {
        if (!Files.isDirectory(path)) {
            Files.copy(path, out);
            return;
        }
        ZipOutputStream jar = new ZipOutputStream(out);
        jar.setLevel(Deflater.NO_COMPRESSION);
        for (FileState each : states) {
            if (each.name().equals("/")) {
                continue;
            }
            ZipEntry entry = new ZipEntry(each.name());
            entry.setTimeLocal(DATE);
            jar.putNextEntry(entry);
            if (!entry.isDirectory()) {
                Files.copy(path.resolve(each.name()), jar);
            }
            jar.closeEntry();
        }
        jar.finish();
    }

    // What is no jar the JVM passes over as well.
    private static List<Path> namedByManifest(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile(), false)) {
            Manifest manifest = jar.getManifest();
            String names = manifest == null
                    ? null
                    : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            List<Path> named = new ArrayList<>();
            for (String each : names == null ? new String[0] : names.strip().split("\\s+")) {
                addFile(named, path.toUri(), each);
            }
            return List.copyOf(named);
        } catch (ZipException e) {
            return List.of();
        }
    }

    private static void addFile(List<Path> named, URI jar, String name) {
        try {
            URI uri = jar.resolve(name);
            if ("file".equals(uri.getScheme())) {
                named.add(Path.of(uri));
            }
        } catch (IllegalArgumentException e) {
            // No name of a file, nor for the JVM.
        }
    }

    /** Hashes and counts. */
    private static final class HashingOutput extends OutputStream {
        private final MessageDigest digest = digest();
        private long length;

        @Override
        public void write(int oneByte) {
            write(new byte[]{(byte) oneByte}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) {
            digest.update(bytes, offset, count);
            length += count;
        }

        String hash() {
            return text(digest);
        }
    }

    /** What content is hashed by. */
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    /** The hash of what a digest was given. */
    public static String text(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
