package io.ddict.bench.driver;

/**
 * A cell that has no figures, or not all, as its store failed.
 *
 * @param peer name of the store
 * @param clients client processes
 * @param valueLength bytes of a value
 * @param isWrongContent whether it returned what was not put
 * @param reason what happened
 */
record Failure(
        String peer, int clients, int valueLength, boolean isWrongContent, String reason) {
    String line() {
        return Figures.format(
                "%s: peer=%s, clients=%d, valueLength=%dB: %s",
                isWrongContent ? "wrong content" : "cell failed",
                peer,
                clients,
                valueLength,
                reason);
    }
}
