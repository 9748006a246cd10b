package io.ddict.manager.gateway;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** An authority, and what it issues, as files in PEM. */
public final class TestCertificates {
    private static final Duration DAY = Duration.ofDays(1);

    private final Path folder;
    private final X509Bundle authority;
    private final Path trust;

    /** A certificate of the authority, and its private key. */
    public record Issued(Path certificate, Path key) {}

    /** Makes an authority; files go to a folder. */
    public TestCertificates(Path folder) {
        this.folder = folder;
        try {
            this.authority = new CertificateBuilder().algorithm(Algorithm.ecp256)
                    .subject("CN=authority of " + folder.getFileName())
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
            this.trust = write("authority",
                    authority.getCertificatePEM());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The file with the authority's own certificate. */
    public Path trust() {
        return trust;
    }

    /** Issues one for this machine's own network. */
    public Issued forLoopback() {
        return issue("loopback", Algorithm.ecp256, TestCertificates::loopback);
    }

    /** The same with another kind of key. */
    public Issued forLoopback(Algorithm algorithm) {
        return issue("loopback-" + algorithm, algorithm, TestCertificates::loopback);
    }

    private static CertificateBuilder loopback(CertificateBuilder builder) {
        return builder.addSanIpAddress("127.0.0.1").addSanDnsName("localhost");
    }

    /** Issues one for another host. */
    public Issued forHost(String host) {
        return issue("host", Algorithm.ecp256, builder -> builder.addSanDnsName(host));
    }

    /** Issues one for several, by their addresses. */
    public Issued forAddresses(String... addresses) {
        return issue("addresses", Algorithm.ecp256, builder -> {
            for (String address : addresses) {
                builder.addSanIpAddress(address);
            }
            return builder;
        });
    }

    /** Issues one that was for this machine's own network, until yesterday. */
    public Issued expired() {
        Instant now = Instant.now();
        return issue("expired", Algorithm.ecp256, builder -> loopback(builder)
                .notBefore(now.minus(DAY.multipliedBy(2)))
                .notAfter(now.minus(DAY)));
    }

    private Issued issue(
            String name, Algorithm algorithm, UnaryOperator<CertificateBuilder> names) {
        try {
            X509Bundle issued = names.apply(
                    new CertificateBuilder().algorithm(algorithm).subject("CN=" + name))
                    .buildIssuedBy(authority);
            return new Issued(
                    write(name, issued.getCertificatePathPEM()),
                    write(name + "-key", issued.getPrivateKeyPEM()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Path write(String name, String pem) throws IOException {
        Path file = Files.createTempFile(
                folder, name, ".pem",
                PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, pem);
    }

    /** What a service is told that has a certificate, as variables of its environment. */
    public Map<String, String> variables(Issued issued) {
        return Map.of(
                "DDICT_TLS_TRUST", trust.toString(),
                "DDICT_TLS_CERTIFICATE", issued.certificate.toString(),
                "DDICT_TLS_KEY", issued.key.toString());
    }

    /** The same as options of its JVM. */
    public List<String> options(Issued issued, boolean mutual) {
        return List.of(
                "-Dddict.tls.trust=" + trust, "-Dddict.tls.certificate=" + issued.certificate,
                "-Dddict.tls.key=" + issued.key, "-Dddict.tls.mutual=" + mutual);
    }
}
