package io.ddict.client;

/** A function that this process does not have. */
enum UnknownPlacement implements Placement {
    /** The only one. */
    UNKNOWN;

    @Override
    public int slot(Object key) {
        throw new IllegalStateException(
                "dictionary places its keys by a function that this handle does not have: key="
                        + key
                        + "; attach with AttachOptions.withPlacement(...), or use manager(i)");
    }
}
