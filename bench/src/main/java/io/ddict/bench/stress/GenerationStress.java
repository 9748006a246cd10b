package io.ddict.bench.stress;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MemoryRegion;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** A reader copies a record while it is replaced and its old space is written again. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the old value")
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the new value")
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "the copy is thrown away")
@Outcome(expect = Expect.FORBIDDEN, desc = "a value that the key never had")
@State
public class GenerationStress {
    private static final int ORDINAL = 1;
    private static final int OLD = 64;
    private static final int NEW = 128;

    private final EntryArray entries = new EntryArray(SharedMemory.region(128));
    private final MemoryRegion data = SharedMemory.region(256);

    /** A key with the value 1. */
    public GenerationStress() {
        data.putLong(OLD, 1);
        entries.publishNew(ORDINAL, Handle.small(OLD, 0), 0);
    }

    /** The manager: new record, commit, and the old space used for something else. */
    @Actor
    public void replace() {
        data.putLong(NEW, 2);
        entries.publishChange(ORDINAL, Handle.small(NEW, 0));
        data.putLong(OLD, 99);
    }

    /** A reader. */
    @Actor
    public void read(J_Result result) {
        long generation = entries.generation(ORDINAL);
        long value = data.getLong(Handle.offset(entries.handle(ORDINAL)));
        result.r1 = entries.isUnchanged(ORDINAL, generation) ? value : -1;
    }
}
