package io.ddict.manager.persist;

import java.nio.file.Path;

/**
 * Whether and where a dictionary is copied to a disk as it changes.
 *
 * @param path directory that its files lie under, absolute
 * @param windowMs what may be lost at most, in milliseconds; 0 if it is not copied
 */
public record ContinuousSettings(Path path, int windowMs) {
    /** Whether nothing is copied. */
    public boolean isNone() {
        return windowMs == 0;
    }
}
