package io.ddict.bench.gups;

import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/** What a client does in a round. */
public enum Phase {
    /** Stores each of its own keys, none of which is there. */
    INSERT(true, false),
    /** Stores its own keys again and again, in an order that jumps about. */
    OVERWRITE(true, false),
    /** Stores its own keys again in that order, many in a call; each pair counts. */
    BATCH_PUT(true, false),
    /** Gets keys of the hot set into new arrays. */
    GET_HOT(false, false),
    /** Gets random keys of all into new arrays. */
    GET_RANDOM(false, false),
    /** Gets keys of the hot set into its own array. */
    INTO_HOT(false, false),
    /** Gets random keys of all into its own array. */
    INTO_RANDOM(false, false),
    /** Reads the ends of values of the hot set in place. */
    VIEW_HOT(false, false),
    /** Reads the ends of random values in place. */
    VIEW_RANDOM(false, false),
    /** Gets random keys of all into its own array, while nobody may write. */
    FROZEN_GET(false, true),
    /** Reads the ends of values of the hot set in place, while nobody may write. */
    FROZEN_VIEW_HOT(false, true),
    /** Reads the ends of random values in place, while nobody may write. */
    FROZEN_VIEW(false, true),
    /** Stores one of its own keys and gets it into its own array. */
    PUT_GET(true, false);

    private final boolean writes;
    private final boolean frozen;

    Phase(boolean writes, boolean frozen) {
        this.writes = writes;
        this.frozen = frozen;
    }

    /**
     * The phase of a label.
     *
     * @throws IllegalArgumentException naming all but INSERT, which comes first in any case
     */
    public static Phase labelled(String label) {
        return afterInsert()
                .filter(phase -> phase.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such operation: operation=" + label + ", known="
                                + afterInsert().map(Phase::label).collect(joining(","))));
    }

    /** Whether it stores, so that a round ends when all is applied. */
    public boolean writes() {
        return writes;
    }

    /** Whether the store is frozen meanwhile. */
    public boolean isFrozen() {
        return frozen;
    }

    /** Whether it reads in place, so that no value is moved. */
    public boolean isView() {
        return this == VIEW_HOT
                || this == VIEW_RANDOM
                || this == FROZEN_VIEW
                || this == FROZEN_VIEW_HOT;
    }

    /** Name in reports. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Stream<Phase> afterInsert() {
        return Arrays.stream(values()).filter(phase -> phase != INSERT);
    }
}
