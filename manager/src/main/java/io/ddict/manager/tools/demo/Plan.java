package io.ddict.manager.tools.demo;

/**
 * How the work is cut.
 *
 * @param files number of files
 * @param filesPerChunk files that a process takes at a time; the last chunk may have fewer
 * @param partitions parts that the words are split into by hash
 */
record Plan(int files, int filesPerChunk, int partitions) {
    // Enough for every process to come back a few times, so that all end at about the same time.
    private static final int UNITS_PER_PROCESS = 16;

    // Above it a process would hold much text's words at once, below it words repeat much.
    private static final int FILES_PER_CHUNK_MAX = 256;

    /** Cuts so many files for so many processes. */
    static Plan of(int files, int processes) {
        int units = processes * UNITS_PER_PROCESS;
        return new Plan(files, Math.clamp(files / units, 1, FILES_PER_CHUNK_MAX), units);
    }

    int chunks() {
        return Math.ceilDiv(files, filesPerChunk);
    }

    /** Number of a chunk's first file. */
    int start(int chunk) {
        return chunk * filesPerChunk;
    }

    /** Number after that of a chunk's last file. */
    int end(int chunk) {
        return Math.min(files, start(chunk) + filesPerChunk);
    }
}
