package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of one manager's copy of a broadcast.
 *
 * @param failure why it was refused, or is not known to be stored; null otherwise
 */
public record BroadcastOutcome(State state, @Nullable Throwable failure) {
    /** It was stored. */
    public static final BroadcastOutcome STORED = new BroadcastOutcome(State.STORED, null);

    /** It did not come to the manager, and will not. */
    public static final BroadcastOutcome NOT_SENT =
            new BroadcastOutcome(State.NOT_SENT, null);

    /** What is known of it; append only. */
    public enum State {
        /** See {@link BroadcastOutcome#STORED}. */
        STORED,
        /** See {@link BroadcastOutcome#NOT_SENT}. */
        NOT_SENT,
        /** There is an error. */
        FAILED
    }

    /** One with an error. */
    public static BroadcastOutcome failed(Throwable failure) {
        return new BroadcastOutcome(State.FAILED, failure);
    }

    /** Writes those of several managers, by their numbers. */
    public static void write(DataOutputStream out, Map<Integer, BroadcastOutcome> outcomes)
            throws IOException {
        out.writeInt(outcomes.size());
        for (Map.Entry<Integer, BroadcastOutcome> each : outcomes.entrySet()) {
            out.writeInt(each.getKey());
            out.writeByte(each.getValue().state.ordinal());
            Throwable failure = each.getValue().failure;
            if (failure != null) {
                CallFailure.write(out, failure);
            }
        }
    }

    /** Reads what {@link #write} wrote. */
    public static Map<Integer, BroadcastOutcome> read(DataInputStream in) throws IOException {
        Map<Integer, BroadcastOutcome> outcomes = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            int manager = in.readInt();
            outcomes.put(manager, readOne(in));
        }
        return outcomes;
    }

    private static BroadcastOutcome readOne(DataInputStream in) throws IOException {
        State[] all = State.values();
        int number = in.readByte();
        if (number < 0 || number >= all.length) {
            throw new IOException("unknown outcome: number=" + number);
        }
        return switch (all[number]) {
            case STORED -> STORED;
            case NOT_SENT -> NOT_SENT;
            case FAILED -> failed(CallFailure.read(in));
        };
    }
}
