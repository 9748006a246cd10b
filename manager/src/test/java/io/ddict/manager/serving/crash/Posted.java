package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.manager.serving.crash.Effect.Outcome;
import io.ddict.store.pool.Status;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * An operation that a client published.
 *
 * @param link the client's
 * @param publishedAt stores of the log when it was not yet published; the next one does it
 * @param position its place in the ring
 * @param correlation what its answer carries; 0 if none is wanted
 * @param effect what it does
 * @param result what the call returned: a number, a truth value, or null if it returned nothing
 */
record Posted(
        int link, int publishedAt, long position, long correlation, Effect effect, Object result) {
    /** Applies operations, in order. */
    static Folded fold(Map<String, Entry> start, Collection<Posted> operations) {
        Map<String, Entry> entries = new HashMap<>(start);
        Map<Request, Outcome> outcomes = new HashMap<>();
        for (Posted each : operations) {
            Outcome outcome = each.effect.apply(entries, each.position);
            each.checkResult(outcome);
            if (each.correlation != 0) {
                outcomes.put(new Request(each.link, each.correlation), outcome);
            }
        }
        return new Folded(entries, outcomes);
    }

    private void checkResult(Outcome outcome) {
        boolean right =
                switch (result) {
                    case null -> true;
                    case Boolean done -> done == (outcome.status() == Status.OK);
                    case Long number ->
                            number == (outcome.status() == Status.OK ? outcome.first() : 0);
                    default -> false;
                };
        if (!right) {
            throw new AssertionError(
                    "call returned what it should not: result=" + result + ", expected=" + outcome);
        }
    }

    /** The same operation in another place; what the call returned does not count there. */
    Posted at(long otherPosition) {
        return new Posted(link, publishedAt, otherPosition, correlation, effect, null);
    }

    /**
     * Where operations led.
     *
     * @param entries what is there afterwards
     * @param outcomes what was to be answered
     */
    record Folded(Map<String, Entry> entries, Map<Request, Outcome> outcomes) {}

    /** A request, by who asked it. */
    record Request(int link, long correlation) {}
}
