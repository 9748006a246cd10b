package io.ddict.manager.tools;

import java.util.Locale;

/**
 * One thing that {@code doctor} looked at.
 *
 * @param subject what it is
 * @param state how it is
 * @param text what was seen
 * @param advice what to do; empty if it is well
 */
record Check(String subject, State state, String text, String advice) {
    /** How something is. */
    enum State {
        OK,
        /** It works, but not as well as it could, or for long. */
        WARNING,
        FAILED;

        /** As it is printed. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Check ok(String subject, String text) {
        return new Check(subject, State.OK, text, "");
    }

    static Check warning(String subject, String text, String advice) {
        return new Check(subject, State.WARNING, text, advice);
    }

    static Check failed(String subject, String text, String advice) {
        return new Check(subject, State.FAILED, text, advice);
    }

    boolean isFailed() {
        return state == State.FAILED;
    }

    /** All of it in one line. */
    String line() {
        return String.format(Locale.ROOT, "%-7s  %s: %s%s", state, subject, text,
                advice.isEmpty() ? "" : "; " + advice);
    }
}
