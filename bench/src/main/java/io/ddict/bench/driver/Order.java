package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;

/**
 * What a client is to do in a round, and its form on the wire: words with blanks between them.
 *
 * @param phase kind of operation
 * @param timed whether each operation is timed
 * @param durationNs how long
 * @param opsMin least number of operations of an untimed round
 * @param opsPerSecond rate of a timed round; 0 for as fast as it goes
 */
record Order(Phase phase, boolean timed, long durationNs, long opsMin, double opsPerSecond) {
    static Order untimed(Phase phase, long durationNs, long opsMin) {
        return new Order(phase, false, durationNs, opsMin, 0);
    }

    static Order timed(Phase phase, long durationNs, double opsPerSecond) {
        return new Order(phase, true, durationNs, 0, opsPerSecond);
    }

    static Order parse(String[] words) {
        return new Order(
                Phase.valueOf(words[1]),
                Boolean.parseBoolean(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Double.parseDouble(words[5]));
    }

    String line() {
        return String.join(
                " ",
                "run",
                phase.name(),
                Boolean.toString(timed),
                Long.toString(durationNs),
                Long.toString(opsMin),
                Double.toString(opsPerSecond));
    }
}
