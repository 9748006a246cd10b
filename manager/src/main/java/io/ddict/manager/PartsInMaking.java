package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.DictionaryOrder;
import io.ddict.client.protocol.Seat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The parts of a dictionary that is being made, by their number. One thread. */
final class PartsInMaking {
    private final DictionaryOrder order;
    private final int member;
    private final List<DictionaryLocation> locations = new ArrayList<>();
    private final List<DictionaryCalls> calls = new ArrayList<>();

    /**
     * None yet.
     *
     * @param member number of the service that makes it
     */
    PartsInMaking(DictionaryOrder order, int member) {
        this.order = order;
        this.member = member;
    }

    /** The next one is made. */
    void add(DictionaryLocation location, DictionaryCalls part) {
        locations.add(location);
        calls.add(part);
    }

    /** Calls on each. */
    List<DictionaryCalls> calls() {
        return List.copyOf(calls);
    }

    /** Whether they go on with what an earlier dictionary left. */
    boolean takenOver() {
        return locations.getFirst().takenOver();
    }

    /** Throws if some go on with what was left, and others begin empty. */
    void requireAlike() {
        List<String> goOn = hosts(true);
        List<String> begin = hosts(false);
        if (!goOn.isEmpty() && !begin.isEmpty()) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "not all that was kept of the dictionary is on these nodes: dictionary="
                            + order.name()
                            + ", kept="
                            + goOn
                            + ", missing="
                            + begin
                            + "; run on the same nodes in the same order, or remove what is kept by:"
                            + " ddict forget "
                            + order.name());
        }
    }

    private List<String> hosts(boolean takenOver) {
        return locations.stream()
                .filter(each -> each.takenOver() == takenOver)
                .map(each -> each.seats().getFirst().node())
                .toList();
    }

    /** The whole of them. */
    DictionaryLocation location() {
        List<Seat> seats = locations.stream().flatMap(each -> each.seats().stream()).toList();
        return new DictionaryLocation(
                order.name(), member, seats, locations.getFirst().placement(), takenOver());
    }

    /** Ends all again; what was kept of an earlier dictionary stays, for another try. */
    void discard() {
        boolean outlives = order.restartable() || order.disk().windowMs() > 0;
        for (int part = 0; part < calls.size(); part++) {
            try {
                calls.get(part).destroy(outlives && locations.get(part).takenOver());
            } catch (IOException | RuntimeException e) {
                // Its service has ended, or is about to: nothing is left of it.
            }
        }
    }
}
