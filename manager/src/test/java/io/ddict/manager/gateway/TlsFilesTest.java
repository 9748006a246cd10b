package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.TlsContext;
import io.ddict.manager.gateway.TestCertificates.Issued;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of certificates and keys that are wrong, and what is said about them. */
@Timeout(20)
class TlsFilesTest {
    @TempDir
    private Path folder;

    private TestCertificates certificates;
    private Issued issued;

    @BeforeEach
    void issue() {
        certificates = new TestCertificates(folder);
        issued = certificates.forLoopback();
    }

    private TlsContext read(Path trust, @Nullable Path certificate, @Nullable Path key)
            throws IOException {
        return TlsContext.of(new TlsSettings(trust, certificate, key, false, false));
    }

    private void assertRefused(
            String text, Path trust, @Nullable Path certificate, @Nullable Path key) {
        assertThatThrownBy(() -> read(trust, certificate, key))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(text);
    }

    private Path file(String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    @Test
    void areEnoughForAClientIfTheyNameAnAuthority() throws IOException {
        assertThat(read(certificates.trust(), null, null)).isNotNull();
        assertThat(read(certificates.trust(), issued.certificate(), issued.key()).toString())
                .contains(issued.key().toString()).doesNotContain("BEGIN");
    }

    @Test
    void areNotEnoughForAServiceWithoutACertificate() {
        assertThatThrownBy(() -> TlsContext.ofService(
                new TlsSettings(certificates.trust(), null, null, false, false)))
                .hasMessageStartingWith("node service has no certificate: trust=")
                .hasMessageEndingWith("set DDICT_TLS_CERTIFICATE and DDICT_TLS_KEY");
    }

    @Test
    void mayHaveWordsBetweenTheBlocks() throws IOException {
        Path trust = file("many.pem", "Subject: t\u00fcr\n" + Files.readString(certificates.trust())
                + "\nIssuer: another\n" + Files.readString(new TestCertificates(folder).trust()));
        assertThat(read(trust, null, null)).isNotNull();
    }

    @Test
    void areRefusedWhereTheyAreNotThereOrNotPem() throws IOException {
        Path none = folder.resolve("none.pem");
        assertRefused("no such file of TLS, or not readable: file=" + none, none, null, null);
        Path empty = file("empty.pem", "");
        assertRefused("no certificate in a file of TLS: file=" + empty, empty, null, null);
        assertRefused("no private key in a file of TLS: file=" + empty, certificates.trust(),
                issued.certificate(), empty);
        Path damaged = file("damaged.pem",
                Files.readString(certificates.trust()).replace("MII", "AAA"));
        assertRefused("certificate in a file of TLS is damaged: file=" + damaged, damaged, null,
                null);
        Path cut =
                file("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIA=A\n-----END CERTIFICATE-----");
        assertRefused("file of TLS is damaged: file=" + cut, cut, null, null);
    }

    @Test
    void areRefusedWhereTheKeyIsNotThatOfTheCertificate() {
        String text = "private key is not that of the certificate: file=";
        assertRefused(text, certificates.trust(), issued.certificate(),
                certificates.forLoopback().key());
        assertRefused(text, certificates.trust(), issued.certificate(),
                certificates.forLoopback(Algorithm.rsa2048).key());
    }

    @Test
    void areRefusedWhereTheKeyIsOfAnotherFormOrForOthersToo() throws IOException {
        Path old = file("old.pem",
                "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        assertRefused("private key is not unencrypted PKCS #8: file=" + old
                + ", found=RSA PRIVATE KEY; convert it: openssl pkcs8", certificates.trust(),
                issued.certificate(), old);
        Files.setPosixFilePermissions(
                issued.key(), PosixFilePermissions.fromString("rw-r-----"));
        assertRefused("private key may be used by others: file=" + issued.key(),
                certificates.trust(), issued.certificate(), issued.key());
    }
}
