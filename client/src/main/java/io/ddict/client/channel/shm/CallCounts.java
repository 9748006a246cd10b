package io.ddict.client.channel.shm;

import io.ddict.client.ClientProfile;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.LatencyHistogram;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.lang.foreign.Arena;

/** What the calls of one link met, counted in its file. Safe from any thread. */
public final class CallCounts {
    private final MemoryRegion link;
    private final LatencyHistogram times;
    private boolean closed;

    CallCounts(MemoryRegion link) {
        this.link = link;
        this.times = new LatencyHistogram(link, LinkLayout.TIMES_OFFSET);
    }

    /** Counts that only this process sees, of a link to another machine. */
    public static CallCounts ofThisProcess() {
        return new CallCounts(
                new MemoryRegion(
                        Arena.ofAuto().allocate(LinkLayout.STAGING_OFFSET, Long.BYTES)));
    }

    /** Counts how long a call took. */
    public void record(CallKind kind, long lengthNs) {
        times.record(kind, lengthNs);
    }

    /** Counts a call that was refused. */
    // One thread after the other, as the count must not fall. Refusals are rare, or nobody is in a hurry.
    public synchronized void countRefused() {
        if (!closed) {
            link.putLongRelease(LinkLayout.REFUSED_OFFSET, refused() + 1);
        }
    }

    /** Counts one of the refused calls once more, for the quota. */
    synchronized void countQuotaRefused() {
        if (!closed) {
            long refused = link.getLongAcquire(LinkLayout.QUOTA_REFUSED_OFFSET);
            link.putLongRelease(LinkLayout.QUOTA_REFUSED_OFFSET, refused + 1);
        }
    }

    /** What was counted. */
    public ClientProfile.Manager profile(int manager) {
        TimesSum sum = new TimesSum();
        sum.add(times);
        return new ClientProfile.Manager(
                manager,
                sum.of(CallKind.READ),
                sum.of(CallKind.WRITE),
                sum.of(CallKind.REQUEST),
                refused());
    }

    /** Before the file is unmapped: a call that is refused now is refused all the same. */
    synchronized void close() {
        closed = true;
    }

    private long refused() {
        return link.getLongAcquire(LinkLayout.REFUSED_OFFSET);
    }
}
