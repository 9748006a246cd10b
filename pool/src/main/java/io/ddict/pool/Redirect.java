package io.ddict.pool;

import io.ddict.client.protocol.ProcessOrder.End;
import io.ddict.client.protocol.ProcessOrder.Target;
import java.io.Serializable;
import java.nio.file.Path;

/** What is at the other end of a process's standard stream. */
public final class Redirect implements Serializable {
    /**
     * The program that started the process: what the process writes appears in that program's output, what
     * it reads would come from that program's input, which is not supported.
     */
    public static final Redirect INHERIT = new Redirect(End.LAUNCHER, "");

    /**
     * A stream of {@link Process}. Output that nobody reads makes the process wait, once it is some 256
     * KiB.
     */
    public static final Redirect PIPE = new Redirect(End.PIPE, "");

    /** Nothing: output is thrown away, and input ends at once. */
    public static final Redirect DISCARD = new Redirect(End.NOTHING, "");

    /** Of standard error: wherever standard output goes. */
    public static final Redirect STDOUT = new Redirect(End.OUTPUT, "");

    private final End end;
    private final String file;

    private Redirect(End end, String file) {
        this.end = end;
        this.file = file;
    }

    /**
     * A file: output is appended to it, and it is made if it is not there; input is read from it.
     *
     * @param file relative to the process's working directory, or absolute
     */
    public static Redirect file(Path file) {
        return new Redirect(End.FILE, file.toString());
    }

    End end() {
        return end;
    }

    Target target() {
        return new Target(end, file);
    }

    @Override
    public String toString() {
        return end == End.FILE ? "FILE " + file : end.name();
    }
}
