package io.ddict.store;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/*
 * Noted here by the entries' ordinals, and not believed from the records, where clients can write. A small
 * record that was given up keeps its loan until its slot is free: no reader is pinned to it then, and no
 * snapshot wants it.
 */

/** The values of a pool's entries that are in blocks of others. The manager's thread. */
public final class Borrowed {
    private List<MemoryPool> pools = List.of();
    private int first;
    private final Map<Integer, Loan> byOrdinal = new HashMap<>();
    // The same ordinals: what is not among them is given up without an object for its number.
    private final BitSet ordinals = new BitSet();
    private final Map<Long, Loan> leaving = new HashMap<>();

    Borrowed() {}

    /** Sets from whom may be borrowed: the pools of the node, by number from the first. */
    void from(int firstNumber, List<MemoryPool> all) {
        first = firstNumber;
        pools = all;
    }

    /** Who lends under a number; null if nobody does. */
    @Nullable Loans lender(int number) {
        int index = number - first;
        return index < 0 || index >= pools.size() ? null : pools.get(index).loans();
    }

    /**
     * Borrows the block that a posted operation names, for its key; null if it is not lent. To be {@link
     * MemoryPool#storeLent stored}, or given back.
     */
    public @Nullable Loan borrow(Operation operation) {
        MemoryRegion region = operation.region();
        long lent = region.getLong(operation.valueOffset());
        long version = region.getLong(operation.valueOffset() + Long.BYTES);
        Loans lender = lender(Operation.lender(lent));
        Loan loan = lender == null ? null : lender.borrow(Operation.lentPage(lent), version);
        if (loan != null && !loan.isOf(
                operation.keyTag(), region, operation.keyOffset(), operation.keyLength())) {
            loan.giveBack();
            return null;
        }
        return loan;
    }

    /** An entry's record stands for a loan. */
    void stored(int ordinal, Loan loan) {
        byOrdinal.put(ordinal, loan);
        ordinals.set(ordinal);
    }

    /** What an entry's record stands for. */
    @Nullable Loan of(int ordinal) {
        return byOrdinal.get(ordinal);
    }

    /** What a record stands for that was given up, and whose slot is not free yet. */
    @Nullable Loan ofLeaving(long handle) {
        return leaving.get(handle);
    }

    /** An entry's record was given up. */
    void givenUp(int ordinal, long handle) {
        if (ordinals.get(ordinal)) {
            ordinals.clear(ordinal);
            leaving.put(handle, Objects.requireNonNull(byOrdinal.remove(ordinal)));
        }
    }

    /** A record's slot is free. */
    void freed(long handle) {
        if (!leaving.isEmpty()) {
            Loan loan = leaving.remove(handle);
            if (loan != null) {
                loan.giveBack();
            }
        }
    }
}
