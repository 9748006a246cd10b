package io.ddict.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class TlsSettingsTest {
    private static final List<String> PROPERTIES = List.of(
            "ddict.tls.trust", "ddict.tls.certificate", "ddict.tls.key", "ddict.tls.mutual",
            "ddict.tls.any.host", "ddict.directory");

    @TempDir
    private Path directory;

    @AfterEach
    void forget() {
        PROPERTIES.forEach(System::clearProperty);
    }

    @Test
    void areNoneUnlessSomethingIsSaid() throws IOException {
        System.setProperty("ddict.directory", directory.toString());
        assertThat(TlsSettings.ofProcess()).isNull();
        assertThat(TlsSettings.ofCluster("any")).isNull();
        System.setProperty("ddict.tls.trust", "");
        assertThat(TlsSettings.ofProcess()).isNull();
        assertThat(TlsSettings.given()).isEmpty();
    }

    @Test
    void comeFromProperties() {
        System.setProperty("ddict.tls.trust", "/tls/ca.pem");
        assertThat(TlsSettings.ofProcess()).isEqualTo(
                new TlsSettings(Path.of("/tls/ca.pem"), null, null, false, false));
        System.setProperty("ddict.tls.certificate", "/tls/own.pem");
        System.setProperty("ddict.tls.key", "/tls/key.pem");
        System.setProperty("ddict.tls.mutual", "true");
        System.setProperty("ddict.tls.any.host", "true");
        assertThat(TlsSettings.ofProcess()).isEqualTo(new TlsSettings(
                Path.of("/tls/ca.pem"), Path.of("/tls/own.pem"), Path.of("/tls/key.pem"), true,
                true));
    }

    @Test
    void tellAllThatIsWrongAtOnce() {
        System.setProperty("ddict.tls.key", "/tls/key.pem");
        System.setProperty("ddict.tls.mutual", "maybe");
        assertThatThrownBy(TlsSettings::ofProcess)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("settings of TLS refused: DDICT_TLS_MUTUAL is neither true nor false:"
                        + " value=maybe; no authority to trust; set DDICT_TLS_TRUST; certificate"
                        + " and private key go together; set both DDICT_TLS_CERTIFICATE and"
                        + " DDICT_TLS_KEY");
    }

    @Test
    void travelWithWholePathsAndEachMachinesOwnName() throws IOException {
        System.setProperty("ddict.tls.trust", "ca.pem");
        System.setProperty("ddict.tls.certificate", "/tls/{host}.pem");
        System.setProperty("ddict.tls.key", "/tls/{host}.key");
        assertThat(TlsSettings.given()).isEqualTo(Map.of(
                "ddict.tls.trust", Path.of("ca.pem").toAbsolutePath().toString(),
                "ddict.tls.certificate", "/tls/{host}.pem",
                "ddict.tls.key", "/tls/{host}.key"));
        String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        TlsSettings here = TlsSettings.ofProcess();
        assertThat(here).isNotNull();
        assertThat(here.certificate()).isEqualTo(Path.of("/tls/" + host + ".pem"));
        Map<String, String> environment = new HashMap<>(Map.of(
                "DDICT_TLS_ANY_HOST", "true", "DDICT_TLS_KEY", "elsewhere", "PATH", "/bin"));
        TlsSettings.putInto(environment);
        assertThat(environment).isEqualTo(Map.of(
                "DDICT_TLS_TRUST", Path.of("ca.pem").toAbsolutePath().toString(),
                "DDICT_TLS_CERTIFICATE", "/tls/{host}.pem", "DDICT_TLS_KEY", "/tls/{host}.key",
                "PATH", "/bin"));
    }

    @Test
    void areReadAsTheyWereWrittenUnlessTheProcessWasToldOtherwise() throws IOException {
        System.setProperty("ddict.directory", directory.toString());
        Path cluster = Files.createDirectories(RuntimeDirectory.ofCluster("any"));
        Path file = cluster.resolve(RuntimeDirectory.TLS);
        TlsSettings written = new TlsSettings(
                Path.of("/a b/ca=1.pem"), Path.of("/tls/own.pem"), Path.of("/tls/\u00e9.pem"), true,
                false);
        written.write(file);
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(TlsSettings.ofCluster("any")).isEqualTo(written);
        TlsSettings client = new TlsSettings(Path.of("/tls/ca.pem"), null, null, false, true);
        Files.delete(file);
        client.write(file);
        assertThat(TlsSettings.ofCluster("any")).isEqualTo(client);
        System.setProperty("ddict.tls.trust", "/own/ca.pem");
        assertThat(TlsSettings.ofCluster("any")).isEqualTo(
                new TlsSettings(Path.of("/own/ca.pem"), null, null, false, false));
    }

    @Test
    void wantAKeyThatNobodyElseReads() throws IOException {
        Path key = Files.writeString(directory.resolve("key.pem"), "");
        TlsSettings settings = new TlsSettings(key, key, key, false, false);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(settings::checkKey)
                .isInstanceOf(IOException.class)
                .hasMessage("private key may be used by others: file=" + key
                        + ", mode=rw-r--r--; chmod 600 it");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--------"));
        settings.checkKey();
    }
}
