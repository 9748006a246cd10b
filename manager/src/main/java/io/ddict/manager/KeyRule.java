package io.ddict.manager;

import java.security.SecureRandom;

/**
 * By what clients find a dictionary's keys. The managers need none of it, and keep it for them.
 *
 * @param hashSeed of the hash of keys
 * @param placement name of the clients' function that places keys; empty if their hash does
 */
record KeyRule(long hashSeed, String placement) {
    /** A rule whose seed nobody can know. */
    static KeyRule drawn(String placement) {
        return new KeyRule(new SecureRandom().nextLong(), placement);
    }
}
