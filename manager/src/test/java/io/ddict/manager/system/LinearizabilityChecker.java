package io.ddict.manager.system;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/*
 * The search of Wing and Gong, in the just-in-time form that Lowe gave it ("Testing for
 * linearizability", 2017). It goes through invocations and returns in the order of time, and keeps
 * every configuration that is possible: the key's value, and which of the calls under way have taken
 * effect. A call's return rules out those configurations in which it has not, after all ways were
 * tried in which it could have, behind others that were under way. Configurations met before are not
 * tried again, so that the work is bounded by calls under way at a time, and not by the length.
 */

/** Tells whether the calls on one key can each have taken effect at one moment between start and end. */
final class LinearizabilityChecker {
    private static final int UNDER_WAY_MAX = Long.SIZE;
    private static final int TOLD = 30;

    private final HistoryOperation[] underWay = new HistoryOperation[UNDER_WAY_MAX];
    private Set<Configuration> possible = new HashSet<>();

    private LinearizabilityChecker(long initial) {
        possible.add(new Configuration(0, initial));
    }

    /** Checks calls on one key that was absent before; tells what is wrong, if anything is. */
    static Optional<String> check(List<HistoryOperation> operations) {
        return new LinearizabilityChecker(HistoryOperation.ABSENT).run(operations);
    }

    private Optional<String> run(List<HistoryOperation> operations) {
        List<Event> events = new ArrayList<>(2 * operations.size());
        for (HistoryOperation operation : operations) {
            events.add(new Event(operation.invokedNs(), true, operation));
            if (operation.hasReturned()) {
                events.add(new Event(operation.returnedNs(), false, operation));
            }
        }
        // Calls at the same nanosecond overlap: who is to say which was first.
        events.sort(Comparator.comparingLong(Event::timeNs)
                .thenComparing(event -> !event.isInvocation));
        for (Event event : events) {
            if (event.isInvocation) {
                underWay[freeSlot()] = event.operation;
            } else if (!takeReturn(event.operation)) {
                return Optional.of(text(operations, event.operation));
            }
        }
        return Optional.empty();
    }

    private boolean takeReturn(HistoryOperation operation) {
        int slot = slotOf(operation);
        long bit = 1L << slot;
        Set<Configuration> after = new HashSet<>();
        Set<Configuration> tried = new HashSet<>();
        Deque<Configuration> toTry = new ArrayDeque<>();
        for (Configuration configuration : possible) {
            if ((configuration.done & bit) != 0) {
                after.add(new Configuration(configuration.done & ~bit, configuration.value));
            } else {
                tried.add(configuration);
                toTry.add(configuration);
            }
        }
        while (!toTry.isEmpty()) {
            Configuration configuration = toTry.remove();
            for (int each = 0; each < UNDER_WAY_MAX; each++) {
                Configuration next = step(configuration, each);
                if (next != null && each == slot) {
                    after.add(new Configuration(next.done & ~bit, next.value));
                } else if (next != null && tried.add(next)) {
                    toTry.add(next);
                }
            }
        }
        underWay[slot] = null;
        possible = after;
        return !after.isEmpty();
    }

    private Configuration step(Configuration configuration, int slot) {
        long bit = 1L << slot;
        if (underWay[slot] == null || (configuration.done & bit) != 0) {
            return null;
        }
        long value = underWay[slot].apply(configuration.value);
        return value == HistoryOperation.IMPOSSIBLE ? null
                : new Configuration(configuration.done | bit, value);
    }

    private int freeSlot() {
        for (int slot = 0; slot < UNDER_WAY_MAX; slot++) {
            if (underWay[slot] == null) {
                return slot;
            }
        }
        throw new IllegalArgumentException("too many calls under way: max=" + UNDER_WAY_MAX);
    }

    @SuppressWarnings("ReferenceEquality") // the very call, not one that looks the same
    private int slotOf(HistoryOperation operation) {
        int slot = 0;
        while (underWay[slot] != operation) {
            slot++;
        }
        return slot;
    }

    private static String text(List<HistoryOperation> operations, HistoryOperation culprit) {
        StringBuilder text =
                new StringBuilder("not linearizable, at the return of\n  ").append(culprit);
        text.append("\nafter these calls that began before it returned:");
        operations.stream()
                .filter(operation -> operation.invokedNs() <= culprit.returnedNs())
                .sorted(Comparator.comparingLong(HistoryOperation::returnedNs).reversed())
                .limit(TOLD)
                .forEach(operation -> text.append("\n  ").append(operation));
        return text.toString();
    }

    /** Which calls under way have taken effect, a bit for each slot, and the key's value. */
    private record Configuration(long done, long value) {}

    /** A call's start or end. */
    private record Event(long timeNs, boolean isInvocation, HistoryOperation operation) {}
}
