package io.ddict.client.channel.shm;

import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.util.concurrent.atomic.AtomicLong;

/*
 * The manager tells how much of the quota is used, as far as it has applied what was posted. To ask it
 * before each write would be to wait for it; so this counts itself, and errs on the safe side: it adds
 * what is posted and takes nothing off for what that replaces. Only when this seems to reach the quota is
 * everything that was posted awaited, and the manager's figure taken. So no write is refused for what
 * was in flight. Threads that write at the same moment may each be one write beyond the quota.
 */

/** How much of its quota a link has used, at most. Safe from any thread. */
final class LinkQuota {
    private final MemoryRegion link;
    private final long quota;
    private final AtomicLong usedAtMost;

    LinkQuota(MemoryRegion link) {
        this.link = link;
        this.quota = link.getLong(LinkLayout.QUOTA_OFFSET);
        this.usedAtMost = new AtomicLong(used());
    }

    /** Whether a link has one. */
    static boolean isSet(MemoryRegion link) {
        return link.getLong(LinkLayout.QUOTA_OFFSET) != 0;
    }

    /** Whether so many bytes fit. */
    boolean hasRoom(long bytes) {
        return usedAtMost.get() + bytes <= quota;
    }

    /** Adds what was posted; afterwards, so that no look at the manager's figure comes in between. */
    void posted(long bytes) {
        usedAtMost.addAndGet(bytes);
    }

    /** Takes the manager's figure, when everything that was posted is applied and nobody can post. */
    void settle() {
        usedAtMost.set(used());
    }

    /** Bytes used, as the manager says. */
    long used() {
        return link.getLongAcquire(LinkLayout.USED_OFFSET);
    }

    /** Bytes that may be used. */
    long limit() {
        return quota;
    }
}
