package io.ddict.jcache;

import java.util.function.Supplier;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;

/*
 * A policy is the user's code. One that throws leaves a new entry without an expiry, and an old one
 * with the expiry that it has, as JSR 107 allows.
 */

/** When entries expire, by the user's policy. Safe from any thread if that is. */
final class Expiry {
    private final ExpiryPolicy policy;

    Expiry(ExpiryPolicy policy) {
        this.policy = policy;
    }

    /** Whether nothing ever expires by it. */
    boolean isEternal() {
        return policy instanceof EternalExpiryPolicy;
    }

    /** The new entry's value, with its expiry. */
    StoredValue created(StoredValue value, long nowMs) {
        return value.expiringAt(
                adjusted(policy::getExpiryForCreation, nowMs, StoredValue.EXPIRES_NEVER));
    }

    /** The new value of an entry, with its expiry. */
    StoredValue updated(StoredValue value, long earlierExpiryMs, long nowMs) {
        return value.expiringAt(adjusted(policy::getExpiryForUpdate, nowMs, earlierExpiryMs));
    }

    /** The value, with the expiry that it has after it was looked at. */
    StoredValue accessed(StoredValue value, long nowMs) {
        return value.expiringAt(
                adjusted(policy::getExpiryForAccess, nowMs, value.expiryMs()));
    }

    private static long adjusted(
            Supplier<@Nullable Duration> duration, long nowMs, long otherwiseMs) {
        Duration given;
        try {
            given = duration.get();
        } catch (RuntimeException e) {
            return otherwiseMs;
        }
        return given == null ? otherwiseMs : given.getAdjustedTime(nowMs);
    }
}
