package io.ddict.bench.compute;

import java.util.List;
import java.util.concurrent.ExecutionException;

/** Something that adds one to each of many numbers by workers of its own. */
interface Mapper extends AutoCloseable {
    /** Its name in reports. */
    String system();

    /** Maps so many numbers at a time, and tells the nanoseconds that it took; checks the result. */
    long map(List<Integer> numbers, int chunkSize) throws InterruptedException, ExecutionException;

    @Override
    void close();
}
