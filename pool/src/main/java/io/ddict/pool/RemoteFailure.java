package io.ddict.pool;

/**
 * What was thrown in another process: its class's name, its text, its stack trace and its causes. Not the
 * object itself, whose class this process may not have.
 */
public final class RemoteFailure extends Exception {
    private final String className;

    RemoteFailure(String className, String text, StackTraceElement[] trace) {
        super(text);
        this.className = className;
        setStackTrace(trace);
    }

    /** Name of the class that was thrown, such as {@code java.lang.IllegalStateException}. */
    public String className() {
        return className;
    }
}
