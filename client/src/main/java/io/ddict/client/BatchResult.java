package io.ddict.client;

import java.util.List;

/**
 * What became of a batch.
 *
 * @param stored number of puts that were accepted, those included that a later one replaced
 * @param refused those that were not, in the order in which that was found out
 * @param <K> type of the keys
 */
public record BatchResult<K>(long stored, List<Refused<K>> refused) {
    /**
     * A put that was refused; the key's old value is kept.
     *
     * @param key the key as it was given
     * @param cause why; several keys may share one
     */
    public record Refused<K>(K key, DDictException cause) {}
}
