package io.ddict.store.pool;

/** A file of a memory pool is not what its layout says; the text names the file and the field. */
public final class PoolDamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public PoolDamagedException(String message) {
        super(message);
    }
}
