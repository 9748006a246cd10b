package io.ddict.manager;

import io.ddict.manager.persist.ContinuousSettings;
import io.ddict.manager.persist.PersistSettings;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;

/**
 * What a dictionary is made with.
 *
 * @param managers how many managers share its keys
 * @param memoryLength bytes of all pools together
 * @param keysMax most keys of all pools together; 0 derives it from the memory
 * @param workingSet how many checkpoints are held
 * @param limits how much of its memory each pool lets be used
 * @param persistence how they are persisted
 * @param continuous how it is copied to a disk as it changes
 * @param keyRule how clients find keys, unless what is restored or kept says it
 * @param restartable whether its memory may outlive its service
 */
record DictionarySettings(
        String name,
        int managers,
        long memoryLength,
        long keysMax,
        WorkingSet workingSet,
        PoolLimits limits,
        PersistSettings persistence,
        ContinuousSettings continuous,
        KeyRule keyRule,
        boolean restartable) {
    DictionarySettings named(String chosen) {
        return new DictionarySettings(
                chosen, managers, memoryLength, keysMax, workingSet, limits, persistence,
                continuous, keyRule, restartable);
    }
}
