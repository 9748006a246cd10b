package io.ddict.manager;

import io.ddict.client.protocol.DictionaryOrder;
import io.ddict.manager.persist.ContinuousSettings;
import io.ddict.manager.persist.PersistSettings;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;
import java.nio.file.Path;

/*
 * Each node's part of a dictionary persists its managers as a dictionary of their own, in a directory that
 * names the part: so it does not matter whether the nodes share their disks.
 */

/**
 * What one node's part of a dictionary is made with: all of it, if it is on one node.
 *
 * @param managers managers on this node
 * @param firstManager number of the first of them
 * @param memoryLength bytes of their pools together
 * @param keysMax most keys of their pools together; 0 derives it from the memory
 * @param workingSet how many checkpoints are held
 * @param limits how much of its memory each pool lets be used
 * @param spillPath where large values may be moved to, if the limits say so
 * @param persistence how they are persisted
 * @param continuous how they are copied to a disk as they change
 * @param keyRule how clients find keys, unless what is restored or kept says it
 * @param restartable whether their memory may outlive its service
 */
record DictionarySettings(
        String name,
        int managers,
        int firstManager,
        long memoryLength,
        long keysMax,
        WorkingSet workingSet,
        PoolLimits limits,
        Path spillPath,
        PersistSettings persistence,
        ContinuousSettings continuous,
        KeyRule keyRule,
        boolean restartable) {
    static DictionarySettings of(DictionaryOrder order) {
        int nodes = order.nodes();
        DictionaryOrder.Disk disk = order.disk();
        Path path = Path.of(disk.path());
        Path own = nodes == 1 ? path : path.resolve("part-" + order.part() + "-of-" + nodes);
        return new DictionarySettings(
                order.name(),
                order.managers(),
                order.part() * order.managers(),
                order.memoryLength() / nodes,
                Math.ceilDiv(order.entriesMax(), nodes),
                order.workingSet(),
                order.limits(),
                Path.of(disk.spillPath()),
                new PersistSettings(
                        disk.persister(), own, disk.frequency(), disk.count(), disk.restoreFrom(),
                        disk.readOnly(), disk.goesOn()),
                new ContinuousSettings(own, disk.windowMs()),
                order.hash().isGiven()
                        ? new KeyRule(order.hash().value(), order.placement())
                        : KeyRule.drawn(order.placement()),
                order.restartable());
    }
}
