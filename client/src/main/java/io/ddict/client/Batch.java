package io.ddict.client;

/**
 * Puts that are collected, sent together, and reported together. On its manager's node a put of a batch
 * costs what one for itself does, as that is posted without waiting for anybody, too. What is put is
 * encoded at once and collected for each manager; it is stored when a manager's part has grown to 256
 * KiB or 1,024 puts, and by {@link #end} or {@link #close} at the latest. Until then nobody sees it,
 * this process included. Values above 4 KiB are sent at once. What goes to another machine is not waited
 * for before that is needed, which {@link #end} does; what the program does beside an open batch may come
 * before it. Puts of one key are stored in their order; it is no transaction: others see parts of it, and a
 * program that dies has stored some.
 *
 * <pre>{@code
 * try (Batch<String, String> batch = dict.batch()) {
 *     for (Row row : rows) {
 *         batch.put(row.name(), row.text());
 *     }
 * }
 * }</pre>
 *
 * <p>All of a batch is stored at the checkpoint that the handle was at when it began; while it is open
 * the handle does not go to another: what would make it do so is refused. It waits for no checkpoint:
 * where one cannot be reached yet, all keys of that manager are refused with a {@link
 * FutureCheckpointException}.
 *
 * <p>For one thread. A manager that has failed a batch once (it is lost, the dictionary is frozen or
 * destroyed, the time was over) is not asked again by it: all further keys of this manager are refused
 * for the same cause. For want of memory each key is refused for itself, and the others are stored.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public interface Batch<K, V> extends AutoCloseable {
    /**
     * Adds a put. May wait, as {@link DDict#put} does, when collected puts are sent or the value is
     * large. A refusal does not show here, but in the result.
     *
     * @throws IllegalArgumentException if the key or value cannot be encoded; the batch goes on
     * @throws IllegalStateException if the batch has ended, the handle is closed, or another thread was
     *     restoring a checkpoint when the batch began
     */
    void put(K key, V value);

    /**
     * Stores what is collected, and ends the batch. Called again it returns the same.
     *
     * @return how many were stored, and which were not: none of those has changed anything
     * @throws IllegalStateException if the handle is closed, or it was when something was put; which keys
     *     were stored is not known then
     */
    BatchResult<K> end();

    /**
     * Ends the batch, unless {@link #end} did.
     *
     * @throws BatchRefusedException if a key was refused; it holds the result
     */
    @Override
    void close();
}
