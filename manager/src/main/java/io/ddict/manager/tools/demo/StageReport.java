package io.ddict.manager.tools.demo;

/**
 * What a process, or all processes of a stage together, did.
 *
 * @param files files put or taken
 * @param bytes their length together
 * @param exchangeNs time spent in the calls that put or took them
 * @param keys keys that it leaves in the dictionary
 */
record StageReport(long files, long bytes, long exchangeNs, long keys) {
    static final StageReport NOTHING = new StageReport(0, 0, 0, 0);

    StageReport plus(StageReport other) {
        return new StageReport(
                files + other.files,
                bytes + other.bytes,
                exchangeNs + other.exchangeNs,
                keys + other.keys);
    }
}
