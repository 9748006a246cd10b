package io.ddict.manager.system;

import io.ddict.client.DDictFullException;

/** Writes that may be refused. */
final class Writes {
    private Writes() {}

    /** Does a write, which is accepted or refused for want of room; whether it was refused. */
    static boolean isRefused(Runnable write) {
        try {
            write.run();
            return false;
        } catch (DDictFullException e) {
            return true;
        }
    }
}
