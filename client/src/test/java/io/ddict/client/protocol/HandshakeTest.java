package io.ddict.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.Handshake.Refusal;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private static final byte[] CLUSTER = Handshake.clusterHash("blue");

    private final ClusterSecret secret = ClusterSecret.draw();
    private final byte[] hello = Handshake.hello(ConnectionKind.SHARDS, "blue");
    private final byte[] challenge = Handshake.challenge(Refusal.NONE);

    @Test
    void endsWellWhereBothKnowTheSecret() {
        assertThat(Handshake.check(hello, CLUSTER)).isEqualTo(Refusal.NONE);
        assertThat(Handshake.kind(hello)).isEqualTo(ConnectionKind.SHARDS);
        assertThat(Handshake.refusal(challenge)).isEqualTo(Refusal.NONE);
        byte[] proof = Handshake.clientProof(secret, hello, challenge);
        assertThat(Handshake.isClientProof(secret, hello, challenge, proof)).isTrue();
        byte[] verdict = Handshake.verdict(secret, hello, challenge);
        assertThat(Handshake.refusal(secret, hello, challenge, verdict)).isEqualTo(Refusal.NONE);
    }

    @Test
    void tellsWhoDoesNotKnowTheSecret() {
        byte[] proof = Handshake.clientProof(ClusterSecret.draw(), hello, challenge);
        assertThat(Handshake.isClientProof(secret, hello, challenge, proof)).isFalse();
        byte[] verdict = Handshake.verdict(ClusterSecret.draw(), hello, challenge);
        assertThat(Handshake.refusal(secret, hello, challenge, verdict))
                .isEqualTo(Refusal.IMPOSTOR);
        assertThat(Handshake.refusal(secret, hello, challenge, Handshake.verdict(Refusal.SECRET)))
                .isEqualTo(Refusal.SECRET);
    }

    @Test
    void takesNoProofOfAnotherConnectionOrKindOrEnd() {
        byte[] proof = Handshake.clientProof(secret, hello, challenge);
        byte[] other = Handshake.hello(ConnectionKind.SHARDS, "blue");
        assertThat(Handshake.isClientProof(secret, other, challenge, proof)).isFalse();
        assertThat(Handshake.isClientProof(
                secret, hello, Handshake.challenge(Refusal.NONE), proof)).isFalse();
        byte[] control = hello.clone();
        control[6] = (byte) ConnectionKind.CONTROL.ordinal();
        assertThat(Handshake.isClientProof(secret, control, challenge, proof)).isFalse();
        byte[] mirrored = Handshake.verdict(Refusal.NONE);
        System.arraycopy(proof, 0, mirrored, 8, proof.length);
        assertThat(Handshake.refusal(secret, hello, challenge, mirrored))
                .isEqualTo(Refusal.IMPOSTOR);
    }

    @Test
    void isRefusedForEachBitThatIsNotAsItShouldBe() {
        for (int bit = 0; bit < 24 * Byte.SIZE; bit++) {
            byte[] flipped = hello.clone();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            if (bit / Byte.SIZE == 6 && flipped[6] >= 0 && flipped[6] <= 2) {
                continue; // another kind, which is refused with its proof
            }
            assertThat(Handshake.check(flipped, CLUSTER)).as("bit %d", bit)
                    .isNotEqualTo(Refusal.NONE);
        }
        assertThat(Handshake.check(Handshake.hello(ConnectionKind.SHARDS, "red"), CLUSTER))
                .isEqualTo(Refusal.CLUSTER);
        byte[] later = hello.clone();
        later[5]++;
        assertThat(Handshake.check(later, CLUSTER)).isEqualTo(Refusal.VERSION);
        assertThat(Handshake.refusal(new byte[Handshake.CHALLENGE_LENGTH]))
                .isEqualTo(Refusal.MALFORMED);
    }
}
