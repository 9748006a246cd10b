package io.ddict.manager.serving.crash;

import java.lang.foreign.MemorySegment;

/** Is told of every store that goes through a {@link RecordingRegion}, after it was made. */
interface StoreSink {
    /**
     * Takes one store.
     *
     * @param file name of the file
     * @param region the file's bytes, the store already in them
     * @param expected what a compare-and-set found; else 0
     */
    void stored(
            String file, MemorySegment region, long offset, long length, Store.Order order,
            long expected);
}
