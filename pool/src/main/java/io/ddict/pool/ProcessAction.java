package io.ddict.pool;

import java.io.Serializable;

/** As {@link ProcessTask}, without a result. */
@FunctionalInterface
public interface ProcessAction extends Serializable {
    /** Does it. */
    void run() throws Exception;
}
