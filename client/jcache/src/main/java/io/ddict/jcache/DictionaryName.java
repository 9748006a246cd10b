package io.ddict.jcache;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/*
 * A cache may have any name, a dictionary only one of 64 letters, digits, dots, dashes and
 * underscores. So a name that fits stands as it is, and another one as what of it fits, and its
 * digest, which keeps two caches apart. The beginnings differ, so that no name of the one kind
 * equals one of the other.
 */

/** The name of a cache's dictionary. */
final class DictionaryName {
    private static final String PLAIN = "jcache.";
    private static final String DIGESTED = "jcache-";
    private static final Pattern FITS = Pattern.compile("[A-Za-z0-9._-]{1,50}");
    private static final Pattern MISFIT = Pattern.compile("[^A-Za-z0-9._-]");
    private static final int READABLE_MAX = 24;
    // 96 bits: no two of any number of caches share it.
    private static final int DIGEST_LENGTH = 12;
    private static final AtomicLong COUNT = new AtomicLong();

    private DictionaryName() {}

    /** The name that all processes give it. */
    static String shared(String cache) {
        return FITS.matcher(cache).matches()
                ? PLAIN + cache
                : DIGESTED + readable(cache) + "-" + digest(cache);
    }

    /** A name that no other cache of this process has had: for one that is not shared. */
    static String unshared(String cache) {
        return PLAIN + COUNT.incrementAndGet() + "." + readable(cache);
    }

    private static String readable(String cache) {
        String fitting = MISFIT.matcher(cache).replaceAll("_");
        return fitting.substring(0, Math.min(READABLE_MAX, fitting.length()));
    }

    private static String digest(String cache) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(cache.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, DIGEST_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
