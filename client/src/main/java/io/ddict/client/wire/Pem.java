package io.ddict.client.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what openssl and authorities write: blocks of base64 between lines that name them. */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String PRIVATE_KEY = "PRIVATE KEY";
    private static final int LENGTH_MAX = 1 << 20;

    private record Block(String name, String base64) {}

    private Pem() {}

    /**
     * The certificates of a file, in its order, at least one.
     *
     * @throws IOException if there is none, or one is damaged
     */
    static X509Certificate[] certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block each : blocks(file)) {
            if (each.name.equals(CERTIFICATE)) {
                certificates.add(certificate(file, bytes(file, each)));
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException(
                    "no certificate in a file of TLS: file=" + file
                            + "; PEM is expected, \"-----BEGIN CERTIFICATE-----\"");
        }
        return certificates.toArray(X509Certificate[]::new);
    }

    private static X509Certificate certificate(Path file, byte[] bytes) throws IOException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bytes));
        } catch (CertificateException e) {
            throw new IOException(
                    "certificate in a file of TLS is damaged: file=" + file + ", cause="
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * The private key of a file.
     *
     * @param own what it belongs to, whose kind of key it is
     * @throws IOException if there is none, or it is of another kind
     */
    static PrivateKey privateKey(Path file, PublicKey own) throws IOException {
        for (Block each : blocks(file)) {
            if (each.name.equals(PRIVATE_KEY)) {
                try {
                    return KeyFactory.getInstance(own.getAlgorithm())
                            .generatePrivate(new PKCS8EncodedKeySpec(bytes(file, each)));
                } catch (GeneralSecurityException e) {
                    throw new IOException(
                            "private key is not that of the certificate: file=" + file
                                    + ", algorithm of the certificate=" + own.getAlgorithm(),
                            e);
                }
            }
            if (each.name.endsWith(PRIVATE_KEY)) {
                throw new IOException(
                        "private key is not unencrypted PKCS #8: file=" + file + ", found="
                                + each.name + "; convert it: openssl pkcs8 -topk8 -nocrypt -in "
                                + file);
            }
        }
        throw new IOException(
                "no private key in a file of TLS: file=" + file
                        + "; PEM is expected, \"-----BEGIN PRIVATE KEY-----\"");
    }

    private static List<Block> blocks(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("no such file of TLS, or not readable: file=" + file);
        }
        long length = Files.size(file);
        if (length > LENGTH_MAX) {
            throw new IOException(
                    "file of TLS too long: file=" + file + ", length=" + length + "B, lengthMax="
                            + LENGTH_MAX + "B");
        }
        // Every byte is a letter then, whatever stands between the blocks.
        Matcher found = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        List<Block> blocks = new ArrayList<>();
        while (found.find()) {
            blocks.add(new Block(found.group(1), found.group(2)));
        }
        return blocks;
    }

    private static byte[] bytes(Path file, Block block) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(block.base64);
        } catch (IllegalArgumentException e) {
            // Without its text, which might have some of a key in it.
            throw new IOException("file of TLS is damaged: file=" + file);
        }
    }
}
