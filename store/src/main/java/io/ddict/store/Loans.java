package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/*
 * A large value that is put at every manager of a node is there once. One manager has it in a block, as
 * any value, and lends it; in the others' pools a small record of the key stands for it (TAG_LENT), and
 * readers follow that into the lender's data file, which they can map as any.
 *
 * Whoever refers to the block holds the loan: the lender's own entry, and each borrower's. An entry that
 * ends gives its part up; a borrower's part is given back when no reader is pinned to its small record
 * any more. When the last part is, the block is the lender's to free, once its own readers are done, too.
 * The lender does not move it meanwhile.
 *
 * A client asks for a loan, posts what refers to it to the others, waits for none of them, and tells the
 * lender when it has. Until then, or until it ends, a hold on its behalf keeps the loan; and then until the
 * others have applied all that was posted to them by that time. So what was posted finds its loan.
 *
 * All managers of a node are threads of one process, so this is in the heap. A successor takes it from
 * the records, as it does everything: first all pools' entries, then the blocks that they lent each other,
 * then what was posted and refers to some.
 */

/** The blocks that a pool has lent. The manager's thread, but for what says otherwise. */
public final class Loans {
    /** Number of a pool that has no others to lend to. */
    private static final int ALONE = -1;

    /** Link of what is held for nobody who could still post. */
    private static final int NOBODY = 0;

    private final MemoryPool pool;
    private final ComingRoom coming;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final Map<Integer, Loan> byPage = new ConcurrentHashMap<>();
    private final Queue<Loan> ended = new ConcurrentLinkedQueue<>();
    private final List<Hold> holds = new ArrayList<>();
    private List<MemoryPool> pools = List.of();
    private int number = ALONE;
    private boolean isLending;

    Loans(MemoryPool pool, ComingRoom coming) {
        this.pool = pool;
        this.coming = coming;
        this.entries = pool.mapped().entries();
        this.data = pool.mapped().data();
    }

    /**
     * Lends the value of an entry, if it has a version and a block: until {@link #endHold} for whoever a link
     * is of, and for as long as somebody refers to it.
     *
     * @return first page of the block, or {@link MemoryPool#NO_BLOCK}
     */
    public int lend(int ordinal, long version, int link) {
        long handle = entries.handle(ordinal);
        if (!isLending || handle == Handle.NONE || !Handle.isBlock(handle)) {
            return MemoryPool.NO_BLOCK;
        }
        int page = Handle.page(handle);
        Loan loan = byPage.get(page);
        if (loan == null) {
            loan = new Loan(this, page, 1);
            if (!loan.isSound(-pool.extents().span(page)) || loan.version() != version) {
                return MemoryPool.NO_BLOCK;
            }
            byPage.put(page, loan);
        } else if (loan.version() != version) {
            return MemoryPool.NO_BLOCK;
        }
        loan.hold();
        holds.add(new Hold(loan, link, pools));
        return page;
    }

    /** What was to refer to a version has been posted. */
    public void endHold(long version, int link) {
        for (Hold each : holds) {
            if (each.loan.version() == version && each.link == link) {
                each.end();
            }
        }
    }

    /** A link has ended: nothing more is posted by its client. */
    public void endHolds(int link) {
        for (Hold each : holds) {
            if (each.link == link) {
                each.end();
            }
        }
    }

    // Gives back what was held for operations that are applied by now.
    private void settle() {
        if (!holds.isEmpty()) {
            holds.removeIf(Hold::isSettled);
        }
    }

    /** Borrows a block of a version; null if it is not lent, or not any more. Any thread. */
    @Nullable Loan borrow(int page, long version) {
        Loan loan = byPage.get(page);
        return loan != null && loan.version() == version && loan.tryHold() ? loan : null;
    }

    /**
     * Recovery, when all pools' entries are known: borrows a block for an entry of another pool.
     *
     * @return null if there cannot be such a value
     */
    @Nullable Loan borrowFound(int page, long version) {
        long offset = Handle.offset(Handle.block(page));
        int pagesMax = (int) (reserved() / PoolGeometry.PAGE_LENGTH) - page;
        if (page < 1 || pagesMax < 1 || !RecordLayout.isIntact(data, offset)) {
            return null;
        }
        Loan loan = byPage.get(page);
        if (loan == null) {
            int holders = isOwned(page, offset) ? 1 : 0;
            loan = new Loan(this, page, holders);
            if (!loan.isSound(pagesMax)
                    || loan.version() != version
                    || holders == 0 && !pool.extents().occupy(page, (int) loan.pages())) {
                return null;
            }
            byPage.put(page, loan);
        }
        if (loan.version() != version) {
            return null;
        }
        loan.hold();
        return loan;
    }

    private long reserved() {
        return pool.mapped().status().reserved(PoolFile.DATA);
    }

    private boolean isOwned(int page, long offset) {
        int ordinal = RecordLayout.ordinal(data, offset);
        return ordinal > 0
                && ordinal < pool.ordinals().end()
                && entries.handle(ordinal) == Handle.block(page);
    }

    /** The entry that has a block gives it up; whether others hold it, so that it cannot be freed. */
    boolean isHeldByOthers(int page, long position) {
        Loan loan = byPage.isEmpty() ? null : byPage.get(page);
        if (loan == null) {
            return false;
        }
        if (loan.isEndedByOwner(position)) {
            byPage.remove(page);
            return false;
        }
        coming.expectLent();
        return true;
    }

    /** Recovery, after all that entries refer to: holds a block for operations that were posted. */
    void holdFound(int page, long version) {
        Loan loan = borrowFound(page, version);
        if (loan != null) {
            Hold hold = new Hold(loan, NOBODY, pools);
            hold.end();
            holds.add(hold);
        }
    }

    /** Whether a block that an entry has is lent, and so must stay where it is. */
    boolean isLent(int page) {
        Loan loan = byPage.isEmpty() ? null : byPage.get(page);
        if (loan != null && loan.isOwnersAlone()) {
            byPage.remove(page);
            return false;
        }
        return loan != null;
    }

    /** The last who held a loan has given it back. Any thread. */
    void ended(Loan loan) {
        ended.add(loan);
        // Until the lender has come to it.
        coming.tell();
    }

    /** Whether there are blocks that nobody holds any more. */
    boolean haveEnded() {
        settle();
        return !ended.isEmpty();
    }

    /** Gives up the blocks that nobody holds any more; they are free when their readers are done. */
    void takeBack() {
        settle();
        for (Loan loan = ended.poll(); loan != null; loan = ended.poll()) {
            byPage.remove(loan.page());
            pool.giveUpBlock(loan.page(), loan.endedAt());
        }
    }

    /** Lets pools of one node refer to each other's blocks; before their managers start. */
    public static void introduce(int firstNumber, List<MemoryPool> pools) {
        for (int index = 0; index < pools.size(); index++) {
            MemoryPool each = pools.get(index);
            each.loans().number = firstNumber + index;
            each.loans().pools = pools;
            each.borrowed().from(firstNumber, pools);
        }
    }

    /** Sets whether blocks are lent, where a pool's rules allow it; before its manager starts. */
    public void allow(boolean wanted) {
        isLending = wanted
                && number != ALONE
                && pool.spill() == null
                && pool.shares() == null;
        pool.mapped().status().publishLending(isLending);
    }

    /** Number by which others know the pool. */
    int number() {
        return number;
    }

    /** Where the blocks are. */
    MemoryRegion data() {
        return data;
    }

    /** What keeps a loan while operations that refer to it are posted, and not applied. */
    private static final class Hold {
        final Loan loan;
        final int link;
        private final List<MappedPool> posted;
        private long @Nullable [] tails;

        Hold(Loan loan, int link, List<MemoryPool> pools) {
            this.loan = loan;
            this.link = link;
            // Nobody can post to a manager that is lost. To one that is lost later something may have been,
            // which a successor applies.
            this.posted = pools.stream()
                    .map(MemoryPool::mapped)
                    .filter(each -> (each.status().state() & PoolStatus.STATE_LOST) == 0)
                    .toList();
        }

        /** Nothing more is posted. */
        void end() {
            if (tails == null) {
                tails = posted.stream().mapToLong(each -> each.ring().tail()).toArray();
            }
        }

        /** Whether all is applied; then the loan is given back. */
        boolean isSettled() {
            long[] needed = tails;
            if (needed == null) {
                return false;
            }
            for (int i = 0; i < needed.length; i++) {
                if (posted.get(i).status().applied() < needed[i]) {
                    return false;
                }
            }
            loan.giveBack();
            return true;
        }
    }
}
