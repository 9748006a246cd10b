package io.ddict.client.wire;

import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.TlsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/*
 * Certificates are renewed while services run. So the files are looked at again with a new connection, once
 * a second at most; as long as they are in the middle of being replaced what was read before still counts.
 */

/** The certificates and the key by which connections are encrypted. Safe from any thread. */
public final class TlsContext {
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String HTTPS = "HTTPS";
    private static final char[] NO_PASSWORD = {};
    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final Map<TlsSettings, TlsContext> READ = new ConcurrentHashMap<>();

    private final TlsSettings settings;
    private final SSLContext context;
    private final String stamp;
    private volatile long lookedNs = System.nanoTime();

    private TlsContext(TlsSettings settings, String stamp) throws IOException {
        this.settings = settings;
        this.stamp = stamp;
        try {
            this.context = SSLContext.getInstance(PROTOCOLS[0]);
            context.init(keyManagers(settings), trustManagers(settings), null);
        } catch (GeneralSecurityException e) {
            throw new IOException("files of TLS cannot be used: settings=" + settings, e);
        }
    }

    /**
     * What the files of some settings say now, or said a second ago.
     *
     * @throws IOException if one is not there, or not what it should be
     */
    public static TlsContext of(TlsSettings settings) throws IOException {
        TlsContext known = READ.get(settings);
        if (known != null && System.nanoTime() - known.lookedNs < LOOK_NS) {
            return known;
        }
        try {
            String stamp = stamp(settings);
            if (known == null || !known.stamp.equals(stamp)) {
                known = new TlsContext(settings, stamp);
                READ.put(settings, known);
            }
        } catch (IOException e) {
            if (known == null) {
                throw e;
            }
        }
        known.lookedNs = System.nanoTime();
        return known;
    }

    /**
     * As the other, for a service.
     *
     * @throws IOException if there is no certificate of its own, too
     */
    public static TlsContext ofService(TlsSettings settings) throws IOException {
        if (settings.certificate() == null) {
            throw new IOException(
                    "node service has no certificate: trust=" + settings.trust()
                            + "; set DDICT_TLS_CERTIFICATE and DDICT_TLS_KEY");
        }
        return of(settings);
    }

    private static String stamp(TlsSettings settings) throws IOException {
        StringBuilder stamp = new StringBuilder();
        for (Path each : new Path[]{settings.trust(), settings.certificate(), settings.key()}) {
            if (each != null && Files.exists(each)) {
                stamp.append(Files.getLastModifiedTime(each)).append(' ')
                        .append(Files.size(each)).append(' ');
            }
        }
        return stamp.toString();
    }

    private static TrustManager[] trustManagers(TlsSettings settings)
            throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        int count = 0;
        for (X509Certificate each : Pem.certificates(settings.trust())) {
            store.setCertificateEntry("authority-" + count++, each);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager @Nullable [] keyManagers(TlsSettings settings)
            throws IOException, GeneralSecurityException {
        Path certificate = settings.certificate();
        Path file = settings.key();
        if (certificate == null || file == null) {
            return null;
        }
        X509Certificate[] chain = Pem.certificates(certificate);
        PublicKey own = chain[0].getPublicKey();
        PrivateKey key = Pem.privateKey(file, own);
        settings.checkKey();
        checkPair(settings, key, own);
        KeyStore store = emptyStore();
        store.setKeyEntry("own", key, NO_PASSWORD, chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    // Else it would be the other end that finds out, and cannot tell what is wrong.
    private static void checkPair(TlsSettings settings, PrivateKey key, PublicKey own)
            throws IOException, GeneralSecurityException {
        String algorithm = switch (own.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> own.getAlgorithm();
        };
        byte[] words = "own".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(words);
        byte[] signed = signature.sign();
        signature.initVerify(own);
        signature.update(words);
        if (!signature.verify(signed)) {
            throw new IOException(
                    "private key is not that of the certificate: file=" + settings.key()
                            + ", certificate=" + settings.certificate());
        }
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    /** An engine for a connection to a service. */
    SSLEngine client(NodeAddress address) {
        SSLEngine engine = context.createSSLEngine(address.host(), address.port());
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        if (!settings.anyHost()) {
            parameters.setEndpointIdentificationAlgorithm(HTTPS);
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** An engine for a connection of a client. */
    public SSLEngine service() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setNeedClientAuth(settings.mutual());
        engine.setSSLParameters(parameters);
        return engine;
    }

    @Override
    public String toString() {
        return "TlsContext(" + settings + ")";
    }
}
