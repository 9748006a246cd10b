package io.ddict.client.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * Before anything else on a connection both ends prove that they have the cluster's secret:
 *
 *   client                                          service
 *   hello: magic, version, kind, cluster, nonce  -->
 *                                                <-- challenge: magic, version, refusal, nonce
 *   proof: HMAC("client", hello, challenge)      -->
 *                                                <-- verdict: refusal, HMAC("service", hello, challenge)
 *
 * All four have a fixed length, so that nobody has to be believed about one. The client proves first:
 * strangers learn nothing that was made with the secret. As both HMACs are over both nonces, none can be
 * used a second time, and as they begin with different words, none can be sent back to whom it came from.
 * The cluster is told by a hash of its name, so that a client with the wrong address hears that it is wrong
 * and not that its secret is.
 */

/** Layout of the messages that open a connection, and the proofs in them. */
public final class Handshake {
    /** Version of what is said on connections; both ends must have the same. */
    public static final int VERSION = 1;

    /*  offset  length  hello
     *  0       4       magic
     *  4       2       version
     *  6       1       kind of connection
     *  7       1       0
     *  8       16      hash of the cluster's name
     *  24      32      nonce
     *  56      8       0 */
    /** Bytes of a client's first message. */
    public static final int HELLO_LENGTH = 64;

    /*  offset  length  challenge
     *  0       4       magic
     *  4       2       version
     *  6       1       refusal, or 0
     *  7       9       0
     *  16      32      nonce */
    /** Bytes of the service's answer to it. */
    public static final int CHALLENGE_LENGTH = 48;

    /** Bytes of a client's second message. */
    public static final int PROOF_LENGTH = 32;

    /*  offset  length  verdict
     *  0       1       refusal, or 0
     *  1       7       0
     *  8       32      HMAC */
    /** Bytes of the service's answer to it. */
    public static final int VERDICT_LENGTH = 40;

    private static final int MAGIC = 0x44446354; // DDcT

    /** First byte of a hello and of a challenge; no record of TLS begins like that. */
    public static final byte FIRST_BYTE = (byte) (MAGIC >>> 24);

    private static final int NONCE_LENGTH = 32;
    private static final int CLUSTER_LENGTH = 16;
    private static final int HELLO_CLUSTER = 8;
    private static final int CHALLENGE_NONCE = 16;
    private static final int VERDICT_PROOF = 8;
    private static final byte[] CLIENT = "ddict client 1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SERVICE = "ddict service 1".getBytes(StandardCharsets.US_ASCII);

    private Handshake() {}

    /** Makes a hello, with a nonce that is new. */
    public static byte[] hello(ConnectionKind kind, String cluster) {
        byte[] hello = new byte[HELLO_LENGTH];
        ByteBuffer.wrap(hello)
                .putInt(MAGIC)
                .putShort((short) VERSION)
                .put((byte) kind.ordinal())
                .put((byte) 0)
                .put(clusterHash(cluster))
                .put(nonce());
        return hello;
    }

    /** What is wrong with a hello; {@link Refusal#NONE} if nothing is. */
    public static Refusal check(byte[] hello, byte[] clusterHash) {
        ByteBuffer fields = ByteBuffer.wrap(hello);
        if (fields.getInt(0) != MAGIC) {
            return Refusal.MALFORMED;
        }
        if (fields.getShort(4) != VERSION) {
            return Refusal.VERSION;
        }
        if (fields.get(6) < 0 || fields.get(6) >= ConnectionKind.values().length
                || fields.get(7) != 0) {
            return Refusal.MALFORMED;
        }
        return MessageDigest.isEqual(clusterHash, slice(hello, HELLO_CLUSTER, CLUSTER_LENGTH))
                ? Refusal.NONE
                : Refusal.CLUSTER;
    }

    /** What the connection is for; the hello was checked. */
    public static ConnectionKind kind(byte[] hello) {
        return ConnectionKind.of(hello[6]);
    }

    /** Makes a challenge, with a nonce that is new; without one if it refuses. */
    public static byte[] challenge(Refusal refusal) {
        byte[] challenge = new byte[CHALLENGE_LENGTH];
        ByteBuffer fields = ByteBuffer.wrap(challenge)
                .putInt(MAGIC)
                .putShort((short) VERSION)
                .put((byte) refusal.ordinal());
        if (refusal == Refusal.NONE) {
            fields.position(CHALLENGE_NONCE).put(nonce());
        }
        return challenge;
    }

    /** What a challenge says. */
    public static Refusal refusal(byte[] challenge) {
        ByteBuffer fields = ByteBuffer.wrap(challenge);
        if (fields.getInt(0) != MAGIC) {
            return Refusal.MALFORMED;
        }
        return fields.getShort(4) == VERSION ? Refusal.of(fields.get(6)) : Refusal.VERSION;
    }

    /** The client's proof. */
    public static byte[] clientProof(ClusterSecret secret, byte[] hello, byte[] challenge) {
        return secret.proof(CLIENT, hello, challenge);
    }

    /** Whether it is the client's proof; takes equally long for all that are not. */
    public static boolean isClientProof(
            ClusterSecret secret, byte[] hello, byte[] challenge, byte[] proof) {
        return MessageDigest.isEqual(clientProof(secret, hello, challenge), proof);
    }

    /** The verdict on a proof that is right. */
    public static byte[] verdict(ClusterSecret secret, byte[] hello, byte[] challenge) {
        byte[] verdict = new byte[VERDICT_LENGTH];
        ByteBuffer.wrap(verdict)
                .position(VERDICT_PROOF)
                .put(secret.proof(SERVICE, hello, challenge));
        return verdict;
    }

    /** The verdict on one that is not. */
    public static byte[] verdict(Refusal refusal) {
        byte[] verdict = new byte[VERDICT_LENGTH];
        verdict[0] = (byte) refusal.ordinal();
        return verdict;
    }

    /** What a verdict says; that the secret is wrong, too, where the service has not proved its own. */
    public static Refusal refusal(
            ClusterSecret secret, byte[] hello, byte[] challenge, byte[] verdict) {
        Refusal said = Refusal.of(verdict[0]);
        if (said != Refusal.NONE) {
            return said;
        }
        return MessageDigest.isEqual(verdict(secret, hello, challenge), verdict)
                ? Refusal.NONE
                : Refusal.IMPOSTOR;
    }

    /** What stands for a cluster in a hello. */
    public static byte[] clusterHash(String cluster) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("ddict cluster ".getBytes(StandardCharsets.US_ASCII));
            byte[] hash = digest.digest(cluster.getBytes(StandardCharsets.UTF_8));
            return slice(hash, 0, CLUSTER_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has it: algorithm=SHA-256", e);
        }
    }

    private static byte[] nonce() {
        byte[] nonce = new byte[NONCE_LENGTH];
        new SecureRandom().nextBytes(nonce);
        return nonce;
    }

    private static byte[] slice(byte[] bytes, int offset, int length) {
        byte[] slice = new byte[length];
        System.arraycopy(bytes, offset, slice, 0, length);
        return slice;
    }

    /** Why a connection is not to be; append only. */
    public enum Refusal {
        /** It is to be. */
        NONE("", ""),
        /** The first message is not of DDict. */
        MALFORMED("something else than a node service listens there", "check the address"),
        /** Another version. */
        VERSION(
                "node service is of another version",
                "use the same version of DDict on both machines"),
        /** Another cluster. */
        CLUSTER(
                "node service is of another cluster",
                "check the address and the cluster's name"),
        /** Too many connections. */
        BUSY("node service has too many connections", "close some, or try again later"),
        /** Another secret. */
        SECRET(
                "node service does not accept the secret",
                "copy the secret file of its cluster, or name it by "
                        + ClusterSecret.FILE_VARIABLE),
        /** The service has another secret, though it accepted ours. */
        IMPOSTOR(
                "node service does not know the secret",
                "check the address: it may not be your cluster's"),
        /** The client's connection is not encrypted. */
        TLS_ONLY(
                "node service takes encrypted connections only",
                "name the authority of its certificate by DDICT_TLS_TRUST"),
        /** The client's connection is encrypted. */
        NO_TLS(
                "node service does not speak TLS",
                "start it with DDICT_TLS_CERTIFICATE, DDICT_TLS_KEY and DDICT_TLS_TRUST, or unset"
                        + " the latter here"),
        /** The service's certificate is of no use. */
        UNTRUSTED(
                "certificate of the node service is not trusted",
                "name the authority that issued it by DDICT_TLS_TRUST, or renew it"),
        /** The service's certificate is for other hosts. */
        OTHER_HOST(
                "certificate of the node service is for another host",
                "issue one that names this address, or set DDICT_TLS_ANY_HOST=true if the authority"
                        + " issues to the nodes of this cluster only"),
        /** The client has no certificate that the service trusts. */
        NO_CERTIFICATE(
                "node service does not accept the certificate of this process",
                "name one of its authority by DDICT_TLS_CERTIFICATE and DDICT_TLS_KEY");

        private static final Refusal[] VALUES = values();
        private static final Set<Refusal> PASSING = EnumSet.of(NONE, MALFORMED, BUSY);

        private final String phrase;
        private final String advice;

        Refusal(String phrase, String advice) {
            this.phrase = phrase;
            this.advice = advice;
        }

        private static Refusal of(int number) {
            return number < 0 || number >= VALUES.length ? MALFORMED : VALUES[number];
        }

        /** Whether an error's text tells of one that stays, however often one tries. */
        public static boolean isLasting(@Nullable String error) {
            return error != null && Stream.of(VALUES)
                    .anyMatch(each -> !PASSING.contains(each) && error.startsWith(each.phrase));
        }

        /** What is wrong. */
        public String phrase() {
            return phrase;
        }

        /** What to do about it. */
        public String advice() {
            return advice;
        }
    }
}
