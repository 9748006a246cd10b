package io.ddict.client.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that nobody but their user may read. */
final class PrivateFile {
    private static final Set<PosixFilePermission> OWNER =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_AND_READING_GROUP =
            PosixFilePermissions.fromString("rw-r-----");
    private static final int ROOT = 0;

    private PrivateFile() {}

    /**
     * Checks that a file is this user's, and nobody else may use it.
     *
     * @param what it is, for people to read
     */
    static void check(String what, Path file) throws IOException {
        checkAccess(
                what, file, (int) Files.getAttribute(file, "unix:uid"), RuntimeDirectory.userId(),
                Files.getPosixFilePermissions(file));
    }

    /**
     * Root may give a file to a group, as container platforms do with the files that they mount: it could
     * read and replace all files anyway.
     */
    static void checkAccess(
            String what, Path file, int owner, int user, Set<PosixFilePermission> mode)
            throws IOException {
        if (owner != user && owner != ROOT) {
            throw new IOException(
                    what + " belongs to another user: file=" + file + ", owner=" + owner);
        }
        Set<PosixFilePermission> allowed = owner == user ? OWNER : OWNER_AND_READING_GROUP;
        if (!allowed.containsAll(mode)) {
            throw new IOException(
                    what + " may be used by others: file=" + file + ", mode="
                            + PosixFilePermissions.toString(mode) + "; chmod 600 it");
        }
    }
}
