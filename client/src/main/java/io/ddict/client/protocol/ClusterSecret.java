package io.ddict.client.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/*
 * Who has the secret may do everything in the cluster, and so start any process on its machines as the
 * user who runs it. It never travels: both ends of a connection prove that they have it (Handshake).
 */

/** What the node services of a cluster and its clients share. Immutable. */
public final class ClusterSecret {
    /** Bytes of a secret. */
    public static final int LENGTH = 32;

    /** Environment variable that names the file with the secret, for services and clients. */
    public static final String FILE_VARIABLE = "DDICT_SECRET_FILE";

    /** System property that comes before the variable. */
    public static final String FILE_PROPERTY = "ddict.secret.file";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int TEXT_LENGTH_MAX = 1024;
    private static final Set<PosixFilePermission> OWNER =
            PosixFilePermissions.fromString("rw-------");

    private final SecretKeySpec key;

    private ClusterSecret(byte[] bytes) {
        this.key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /** Draws one. */
    public static ClusterSecret draw() {
        byte[] bytes = new byte[LENGTH];
        new SecureRandom().nextBytes(bytes);
        return new ClusterSecret(bytes);
    }

    /** The file that holds a cluster's secret, whether it is there or not. */
    public static Path file(String cluster) {
        String named = named();
        return named != null
                ? Path.of(named)
                : RuntimeDirectory.ofCluster(cluster).resolve(RuntimeDirectory.SECRET);
    }

    /** The file that this process was told, as a whole path; null if it was told none. */
    public static @Nullable String named() {
        String property = System.getProperty(FILE_PROPERTY);
        String named = property != null ? property : System.getenv(FILE_VARIABLE);
        return named == null || named.isEmpty() ? null : Path.of(named).toAbsolutePath().toString();
    }

    /**
     * Reads the secret of a cluster.
     *
     * @throws IOException if there is none, others may read it, or it is no secret
     */
    public static ClusterSecret ofCluster(String cluster) throws IOException {
        return read(file(cluster));
    }

    /** As {@link #ofCluster}; draws one if there is none, which of several that do so at once is one. */
    public static ClusterSecret ofClusterOrDrawn(String cluster) throws IOException {
        Path file = file(cluster);
        if (!Files.exists(file)) {
            draw().writeUnlessThere(file);
        }
        return read(file);
    }

    /**
     * Reads the secret in a file.
     *
     * @throws IOException if there is none, others may read it, or it is no secret
     */
    public static ClusterSecret read(Path file) throws IOException {
        check(file);
        return of(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII), file);
    }

    /**
     * The secret of a text, as it is in a file.
     *
     * @param source where the text is from, for people to read
     * @throws IOException if it is no secret
     */
    public static ClusterSecret of(String text, Object source) throws IOException {
        try {
            byte[] bytes = HexFormat.of().parseHex(text.strip());
            if (bytes.length == LENGTH) {
                return new ClusterSecret(bytes);
            }
        } catch (IllegalArgumentException e) {
            // Told below, without its text, which would have some of the secret in it.
        }
        throw new IOException(
                "not a secret: source=" + source + "; " + 2 * LENGTH
                        + " hexadecimal digits are expected");
    }

    private static void check(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "no secret file: file=" + file + "; copy it from the machine that the cluster"
                            + " runs on, with mode 0600, or name it by " + FILE_VARIABLE);
        }
        PrivateFile.check("secret file", file);
        if (Files.size(file) > TEXT_LENGTH_MAX) {
            throw new IOException(
                    "secret file too long: file=" + file + ", length=" + Files.size(file)
                            + "B, lengthMax=" + TEXT_LENGTH_MAX + "B");
        }
    }

    // A link fails where a file is there, and a file that is there is whole.
    private void writeUnlessThere(Path file) throws IOException {
        Path made = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
        try {
            write(made);
            Files.createLink(file, made);
        } catch (FileAlreadyExistsException e) {
            // Another service was faster, and all use what it wrote.
        } finally {
            Files.deleteIfExists(made);
        }
    }

    /**
     * Writes it to a file that only its owner can use.
     *
     * @throws IOException if there is a file already, or it cannot be written
     */
    public void write(Path file) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER));
        Files.writeString(
                file, HexFormat.of().formatHex(key.getEncoded()) + "\n",
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    /** What proves, to who has the secret too, that one has it: an HMAC of what both have heard. */
    byte[] proof(byte[]... heard) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            for (byte[] each : heard) {
                mac.update(each);
            }
            return mac.doFinal();
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has it: algorithm=" + ALGORITHM,
                    e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClusterSecret secret
                && MessageDigest.isEqual(key.getEncoded(), secret.key.getEncoded());
    }

    @Override
    public int hashCode() {
        // Of nothing: a table of secrets is nothing that anybody needs.
        return 0;
    }

    /** Tells nothing. */
    @Override
    public String toString() {
        return "ClusterSecret";
    }
}
