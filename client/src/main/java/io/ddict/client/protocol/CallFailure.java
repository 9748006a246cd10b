package io.ddict.client.protocol;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;

/** How the error of a call travels: by its kind, text, and which call it ended. */
public final class CallFailure {
    private static final byte ILLEGAL_STATE = -1;
    private static final byte ILLEGAL_ARGUMENT = -2;
    private static final byte OTHER = -3;

    private CallFailure() {}

    /** Writes an error. */
    public static void write(DataOutputStream out, Throwable failure) throws IOException {
        String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        switch (failure) {
            case DDictException e -> {
                out.writeByte(e.status().ordinal());
                out.writeBoolean(e.keyHash().isPresent());
                out.writeLong(e.keyHash().orElse(0));
                out.writeInt(e.manager().orElse(-1));
                out.writeLong(e.elapsed().orElse(Duration.ZERO).toNanos());
            }
            case IllegalStateException e -> out.writeByte(ILLEGAL_STATE);
            case IllegalArgumentException e -> out.writeByte(ILLEGAL_ARGUMENT);
            default -> {
                out.writeByte(OTHER);
                text = failure.toString();
            }
        }
        Fields.writeText(out, text);
    }

    /** Makes the error again. */
    public static RuntimeException read(DataInputStream in) throws IOException {
        byte kind = in.readByte();
        if (kind >= 0) {
            return readStatus(in, kind);
        }
        String text = Fields.readText(in);
        return switch (kind) {
            case ILLEGAL_STATE -> new IllegalStateException(text);
            case ILLEGAL_ARGUMENT -> new IllegalArgumentException(text);
            default -> new DDictException(
                    DDictException.Status.UNAVAILABLE, "node service failed: cause=" + text);
        };
    }

    private static DDictException readStatus(DataInputStream in, byte kind) throws IOException {
        boolean hasHash = in.readBoolean();
        long hash = in.readLong();
        int manager = in.readInt();
        Duration elapsed = Duration.ofNanos(in.readLong());
        DDictException.Status[] all = DDictException.Status.values();
        DDictException.Status status =
                kind < all.length ? all[kind] : DDictException.Status.UNAVAILABLE;
        DDictException failure = of(status, Fields.readText(in));
        if (manager >= 0) {
            failure.noteCall(
                    hasHash ? OptionalLong.of(hash) : OptionalLong.empty(), manager, elapsed);
        }
        return failure;
    }

    /** The error of a status. */
    public static DDictException of(DDictException.Status status, String text) {
        return switch (status) {
            case FULL -> new DDictFullException(text);
            case TIMEOUT -> new DDictTimeoutException(text);
            case MANAGER_LOST -> new ManagerLostException(text);
            case FROZEN -> new FrozenException(text);
            case DESTROYED -> new DestroyedException(text);
            case RETIRED -> new CheckpointRetiredException(text);
            case FUTURE -> new FutureCheckpointException(text);
            case NOT_PERSISTED -> new PersistedCheckpointUnavailableException(text);
            default -> new DDictException(status, text);
        };
    }
}
