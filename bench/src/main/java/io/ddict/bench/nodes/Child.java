package io.ddict.bench.nodes;

import java.io.InputStream;
import java.io.OutputStream;

/** A process that this one started; it ends when its input does. Its errors are this process's. */
public interface Child extends AutoCloseable {
    /** Where it runs, for reports. */
    String host();

    /** Whether its clock is the one of this process. */
    boolean hasOwnClock();

    /** What it reads. */
    OutputStream input();

    /** What it writes. */
    InputStream output();

    /** Ends its input, and it, if that takes more than two seconds. */
    @Override
    void close();
}
