package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.RecordedRun.Recording;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.PoolFile;
import java.util.ArrayList;
import java.util.List;

/*
 * A client that was stopped when its manager died and that goes on, not knowing, when another has
 * taken over. Its plain stores are made as they were. A compare-and-set that fails does what the
 * client's code does: the ring takes the operation in a later slot, a mark is raised from what it
 * is, as is the low position of the ring; a block on offer that is gone sends it to the manager, which
 * is where this ends.
 */

/** The late remainder of one client's stores. */
final class LateClient {
    private final Recording recording;
    private final Workbench bench;
    private final Successor successor;
    private final int link;
    private final List<Posted> posted = new ArrayList<>();
    private final long startTail;
    private long moved;

    LateClient(Recording recording, Workbench bench, Successor successor, int link) {
        this.recording = recording;
        this.bench = bench;
        this.successor = successor;
        this.link = link;
        PoolImage image = recording.image();
        this.startTail =
                PoolImage.ring(image.copy(PoolFile.RING), image.copy(PoolFile.STATUS)).tail();
    }

    /** What it published, in order, where it did. */
    List<Posted> posted() {
        return posted;
    }

    /** Makes the client's stores from an index on, as far as they did not depend on its manager. */
    void goOnAfter(int prefix) {
        List<Store> stores = recording.stores();
        for (int i = prefix; i < stores.size(); i++) {
            Store store = stores.get(i);
            if (store.actor() == link) {
                if (store.needs() > prefix || !make(i, store)) {
                    return;
                }
            }
        }
    }

    private boolean make(int index, Store store) {
        if (store.order() != Store.Order.COMPARE_AND_SET) {
            bench.apply(store);
            return true;
        }
        if (DrivenClient.isPublication(store)) {
            publish(index, store);
            return true;
        }
        if (store.file().equals(PoolFile.RING.fileName())
                || store.file().equals(PoolFile.MARKS.fileName())) {
            // The low position or a mark, which is raised from what it is.
            long raised = Bytes.toLong(store.bytes()) + moved;
            if (bench.read(store.file(), store.offset()) < raised) {
                bench.write(store.file(), store.offset(), Bytes.of(raised));
            }
            return true;
        }
        if (!isGrant(store)) {
            throw new AssertionError("a compare-and-set of an unknown kind: store=" + store);
        }
        if (isAsExpected(store)) {
            bench.apply(store);
            return true;
        }
        return false;
    }

    private void publish(int index, Store store) {
        long position = successor.mapped().ring().tail();
        if (isAsExpected(store)) {
            bench.apply(store);
        } else {
            position = successor.publish(Bytes.toLong(store.bytes()));
            if (position < 0) {
                throw new AssertionError("a late operation finds no slot: result=" + position);
            }
        }
        moved = position - startTail - publicationsBefore(index);
        for (Posted each : recording.posted()) {
            if (each.publishedAt() == index) {
                posted.add(each.at(position));
            }
        }
    }

    private long publicationsBefore(int index) {
        return recording.stores().subList(0, index).stream().filter(DrivenClient::fillsSlot)
                .count();
    }

    private boolean isAsExpected(Store store) {
        return bench.read(store.file(), store.offset()) == store.expected();
    }

    private static boolean isGrant(Store store) {
        return StoreLog.isLink(store.file())
                && store.offset() >= LinkLayout.grantOffset(0)
                && store.offset() < LinkLayout.grantOffset(LinkLayout.GRANTS);
    }
}
