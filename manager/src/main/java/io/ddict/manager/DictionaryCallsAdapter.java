package io.ddict.manager;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Calls on a dictionary as they come in frames, behind its name. */
final class DictionaryCallsAdapter {
    private static final Set<Request> CALLS = EnumSet.of(
            Request.FREEZE, Request.UNFREEZE, Request.PERSIST, Request.PERSISTED,
            Request.BEGIN_RESTORE, Request.LOAD_RESTORED, Request.END_RESTORE, Request.RESTORE,
            Request.ADVANCE, Request.DESTROY);

    private DictionaryCallsAdapter() {}

    /** Whether the request of a number is one of these. */
    static boolean isCall(byte number) {
        return CALLS.stream().anyMatch(each -> each.ordinal() == number);
    }

    /** Does what is asked, and returns the answer. */
    static Frames.Writer call(Request request, DictionaryCalls calls, DataInputStream in)
            throws IOException {
        switch (request) {
            case FREEZE -> calls.freeze();
            case UNFREEZE -> calls.unfreeze();
            case PERSIST -> calls.persist(in.readLong());
            case BEGIN_RESTORE -> calls.beginRestore(in.readLong());
            case LOAD_RESTORED -> calls.loadRestored(in.readLong());
            case END_RESTORE -> calls.endRestore(in.readBoolean());
            case RESTORE -> calls.restore(in.readLong());
            case DESTROY -> calls.destroy(in.readBoolean());
            case PERSISTED -> {
                List<Long> ids = calls.persisted();
                return out -> Fields.writeLongs(out, ids);
            }
            case ADVANCE -> {
                long shown = calls.advance();
                return out -> out.writeLong(shown);
            }
            default -> throw new IllegalArgumentException("not a call: request=" + request);
        }
        return out -> {};
    }
}
