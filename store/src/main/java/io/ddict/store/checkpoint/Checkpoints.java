package io.ddict.store.checkpoint;

import io.ddict.store.pool.WorkingSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/*
 * The window has a set of live ordinals for each checkpoint in it. A version put at f and followed by
 * one put at t is in the sets of f to t - 1; where keys are waited for, one that is not persistent is
 * in that of f alone. Advancing by one clones the newest set, less what does not carry over, and drops
 * the oldest; what was in that and is not in the next one becomes a candidate for pruning.
 *
 * Deletion marks are live nowhere. They have a set of their own: they hide older versions, and are of
 * no use once there are none.
 *
 * Operations that were posted before the window moved may still concern checkpoints below it. What
 * they bring is a candidate at once, unless a later checkpoint sees it.
 */

/** The checkpoints that a manager holds, and what is live at each. One thread. */
public final class Checkpoints {
    private final WorkingSet rules;
    // By checkpoint, the oldest first.
    private final List<RoaringBitmap> live = new ArrayList<>();
    private final List<RoaringBitmap> unhandled = new ArrayList<>();
    private final RoaringBitmap marks = new RoaringBitmap();
    private final RoaringBitmap transients = new RoaringBitmap();
    private final Queue<Retirement> retirements = new ArrayDeque<>();
    private long newest;
    private long newestCount;

    /** Begins with one checkpoint, that holds nothing. */
    public Checkpoints(WorkingSet rules) {
        this.rules = rules;
        live.add(new RoaringBitmap());
        unhandled.add(new RoaringBitmap());
    }

    /** Recovery: begins with a window in which nothing is live yet. */
    public void start(long oldest, long newestHeld) {
        live.clear();
        unhandled.clear();
        for (long each = oldest; each <= newestHeld; each++) {
            live.add(new RoaringBitmap());
            unhandled.add(new RoaringBitmap());
        }
        newest = newestHeld;
        retirements.add(new Retirement(oldest, new RoaringBitmap()));
    }

    /** Begins anew with one checkpoint that holds nothing; no version is left, nothing is posted. */
    public void restart(long checkpoint) {
        live.clear();
        unhandled.clear();
        live.add(new RoaringBitmap());
        unhandled.add(new RoaringBitmap());
        marks.clear();
        transients.clear();
        retirements.clear();
        newest = checkpoint;
        newestCount = 0;
    }

    /** The oldest checkpoint held. */
    public long oldest() {
        return newest - live.size() + 1;
    }

    /** The newest checkpoint held. */
    public long newest() {
        return newest;
    }

    /** How many keys have a value at a checkpoint, which must not be below the oldest. */
    public long count(long checkpoint) {
        if (checkpoint == newest) {
            return newestCount;
        }
        if (checkpoint < newest) {
            return at(checkpoint).getLongCardinality();
        }
        return rules.waitsForKeys() ? visible(checkpoint).getLongCardinality() : newestCount;
    }

    /** What is live at a held checkpoint; read only. */
    public RoaringBitmap at(long checkpoint) {
        return live.get((int) (checkpoint - oldest()));
    }

    /** A copy of what is live at a checkpoint, which must not be below the oldest. */
    public RoaringBitmap visible(long checkpoint) {
        if (checkpoint <= newest) {
            return at(checkpoint).clone();
        }
        return rules.waitsForKeys()
                ? RoaringBitmap.andNot(at(newest), transients)
                : at(newest).clone();
    }

    /** Notes a version with a value, put at a checkpoint, that is followed by one put at another. */
    public void addValue(int ordinal, long from, long to, boolean persistent) {
        boolean carries = persistent || !rules.waitsForKeys();
        if (!carries) {
            transients.add(ordinal);
        }
        long end = carries ? to : Math.min(to, from + 1);
        if (!change(ordinal, from, end, true)) {
            nominate(ordinal, end);
        }
        if (!carries && from >= oldest() && from <= newest && to != from + 1) {
            unhandledAt(from).add(ordinal);
        }
    }

    /** Notes a deletion mark, put at a checkpoint. */
    public void addMark(int ordinal, long from) {
        marks.add(ordinal);
        if (from <= oldest()) {
            nominate(ordinal, from);
        }
    }

    /** Forgets a version, or that it has a value, or that it is a mark. */
    public void forget(int ordinal, long from, long to) {
        change(ordinal, from, to, false);
        marks.remove(ordinal);
        transients.remove(ordinal);
        handled(ordinal, from);
    }

    /** Notes that a newer version was put between a version and what followed it. */
    public void cut(int ordinal, long from, long to, long newTo) {
        if (change(ordinal, newTo, to, false) && newTo <= oldest()) {
            nominate(ordinal, newTo);
        }
        if (newTo == from + 1) {
            handled(ordinal, from);
        }
    }

    /** Whether the window can move on by one now, as far as keys are concerned. */
    public boolean isOldestHandled() {
        return live.size() < rules.size() || unhandled.getFirst().isEmpty();
    }

    /** Moves the window on, so that a checkpoint is its newest. */
    public void advance(long checkpoint) {
        RoaringBitmap dying = new RoaringBitmap();
        long oldestBefore = oldest();
        long steps = checkpoint - newest;
        if (steps > rules.size()) {
            // Between there and here nothing was put: as many steps as the window is long do.
            newest = checkpoint - rules.size();
            steps = rules.size();
        }
        for (long step = 0; step < steps; step++) {
            advanceByOne(dying);
        }
        newestCount = live.getLast().getLongCardinality();
        if (oldest() > oldestBefore) {
            dying.or(marks);
            retirements.add(new Retirement(oldest(), dying));
        }
    }

    private void advanceByOne(RoaringBitmap dying) {
        RoaringBitmap last = live.getLast();
        live.add(rules.waitsForKeys() ? RoaringBitmap.andNot(last, transients) : last.clone());
        unhandled.add(new RoaringBitmap());
        newest++;
        if (live.size() > rules.size()) {
            unhandled.removeFirst();
            dying.or(RoaringBitmap.andNot(live.removeFirst(), live.getFirst()));
        }
    }

    /** Whether a SEAL must be posted for versions to be pruned. */
    public boolean isSealDue() {
        for (Retirement each : retirements) {
            if (!each.isSealed()) {
                return true;
            }
        }
        return false;
    }

    /** Notes that a SEAL was posted behind everything that may concern checkpoints that went. */
    public void sealed(long position) {
        for (Retirement each : retirements) {
            if (!each.isSealed()) {
                each.seal(position);
            }
        }
    }

    /** What can be pruned with everything below a position applied; null if there is nothing. */
    public @Nullable Retirement due(long applied) {
        Retirement first = retirements.peek();
        return first != null && first.isDue(applied) ? first : null;
    }

    /** Ends a retirement whose candidates have been pruned. */
    public void end(Retirement retirement) {
        boolean removed = retirements.remove(retirement);
        assert removed : "retirement ended twice";
    }

    /** Whether versions wait to be pruned. */
    public boolean isRetiring() {
        return !retirements.isEmpty();
    }

    // To the first that goes by an oldest checkpoint which does not see the version. If none waits for
    // operations that were posted before, there are none, and the version can go at once.
    private void nominate(int ordinal, long end) {
        for (Retirement each : retirements) {
            if (each.take(ordinal, end)) {
                return;
            }
        }
        Retirement now = new Retirement(oldest(), RoaringBitmap.bitmapOf(ordinal));
        now.seal(0);
        retirements.add(now);
    }

    // Whether any held checkpoint is among those from one to before another.
    private boolean change(int ordinal, long from, long to, boolean add) {
        long first = Math.max(from, oldest());
        long last = Math.min(to - 1, newest);
        for (long each = first; each <= last; each++) {
            boolean changed =
                    add ? at(each).checkedAdd(ordinal) : at(each).checkedRemove(ordinal);
            if (changed && each == newest) {
                newestCount += add ? 1 : -1;
            }
        }
        return first <= last;
    }

    private void handled(int ordinal, long from) {
        if (from >= oldest() && from <= newest) {
            unhandledAt(from).remove(ordinal);
        }
    }

    private RoaringBitmap unhandledAt(long checkpoint) {
        return unhandled.get((int) (checkpoint - oldest()));
    }
}
