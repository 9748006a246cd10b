package io.ddict.manager.serving;

import io.ddict.store.Snapshot;
import java.util.function.LongSupplier;
import org.roaringbitmap.RoaringBitmap;

/**
 * What changed in a manager's pool since it was asked before.
 *
 * @param ordinals entries that were stored, replaced or ended
 * @param records the records of those that are there now
 * @param position everything below it is applied
 */
public record Changes(RoaringBitmap ordinals, Snapshot records, long position) {
    /** Who copies changes away, as the manager sees it. */
    record Listener(Runnable onFull, LongSupplier copyAge) {}
}
