package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.channel.ShardChannel.ValueReader;
import org.jspecify.annotations.Nullable;

/** An iteration by ordinals: entries are stable, so it needs nothing from the manager. One thread. */
public final class RecordCursor implements ShardCursor {
    private final ShmChannel channel;
    private final ShardReader reader;
    private final CallContext call = new CallContext();
    private final @Nullable Object[] decoded = new @Nullable Object[2];
    private final long createdBefore;
    private final int end;
    private final long timeoutNs;
    private int ordinal;

    RecordCursor(
            ShmChannel channel,
            ShardReader reader,
            long checkpoint,
            long createdBefore,
            int end,
            int ordinal,
            long timeoutNs) {
        this.channel = channel;
        this.reader = reader;
        this.call.checkpoint(checkpoint);
        this.createdBefore = createdBefore;
        this.end = end;
        this.ordinal = ordinal;
        this.timeoutNs = timeoutNs;
    }

    /** The position that the iteration is of: what came later it does not show. */
    public long createdBefore() {
        return createdBefore;
    }

    /** The ordinal that it ends before. */
    public int end() {
        return end;
    }

    /** The ordinal that it goes on at. */
    public int position() {
        return ordinal;
    }

    @Override
    public boolean next(@Nullable ValueReader keys, @Nullable ValueReader values) {
        channel.checkUsable(call);
        call.deadline().start(timeoutNs);
        boolean found = false;
        while (ordinal < end && !found) {
            found = reader.read(call, ordinal++, createdBefore, keys, values, decoded);
        }
        // Afterwards: what was read of a checkpoint that is held now was there.
        channel.checkHeld(call);
        return found;
    }

    @Override
    public FoundRecord found() {
        return call.found();
    }

    @Override
    public @Nullable Object key() {
        return decoded[0];
    }

    @Override
    public @Nullable Object value() {
        return decoded[1];
    }
}
