package io.ddict.manager.events;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.PoolStatus;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A manager, which had room for everything, begins to refuse puts. */
@Name("io.ddict.PoolFull")
@Label("Pool Full")
@Category("DDict")
@Description("A manager begins to refuse puts: of some lengths, or of new keys")
@StackTrace(false)
public final class PoolFullEvent extends Event {
    @Label("Pool")
    @Description("Directory of the manager's memory pool")
    String pool = "";

    @Label("Manager")
    int manager;

    @Label("Full of Entries")
    @Description("Whether new keys are refused; else records of some lengths")
    boolean fullOfEntries;

    @Label("Entries")
    long entries;

    @Label("Free")
    @DataAmount
    long freeBytes;

    @Label("Largest Free")
    @DataAmount
    long largestFreeBytes;

    private PoolFullEvent() {}

    /** Records it, if somebody records; see {@link io.ddict.client.events.Recordings}. */
    public static void record(int manager, MemoryPool full) {
        PoolFullEvent event = new PoolFullEvent();
        if (event.shouldCommit()) {
            PoolStatus status = full.mapped().status();
            event.pool = full.mapped().directory().toString();
            event.manager = manager;
            event.fullOfEntries = (status.fullBits() & PoolStatus.FULL_OF_ENTRIES) != 0;
            event.entries = full.entryCount();
            event.freeBytes = full.freeBytes();
            event.largestFreeBytes = full.largestFreeBytes();
            event.commit();
        }
    }
}
