package io.ddict.client.classes;

import java.nio.file.Path;
import java.util.List;

/**
 * What an entry of a class path holds.
 *
 * @param hash SHA-256 in hexadecimal digits; empty if it is too long to be sent
 * @param length bytes of what is hashed
 * @param further entries that a jar's manifest names
 */
public record Content(String hash, long length, List<Path> further) {
    /** Of what nobody sends. */
    static final Content TOO_LONG = new Content("", 0, List.of());
}
