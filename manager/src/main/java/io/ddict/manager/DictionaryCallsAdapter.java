package io.ddict.manager;

import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;

/** Calls on a dictionary as they come in frames, behind its name. */
final class DictionaryCallsAdapter {
    private DictionaryCallsAdapter() {}

    /** Whether a request is one of these. */
    static boolean isCall(Request request) {
        return switch (request) {
            case FREEZE, UNFREEZE, PERSIST, PERSISTED, CHECK, RESTORE, ADVANCE, DESTROY -> true;
            default -> false;
        };
    }

    /** Does what is asked, and returns the answer. */
    static Frames.Writer call(Request request, DictionaryCalls calls, DataInputStream in)
            throws IOException {
        switch (request) {
            case FREEZE -> calls.freeze();
            case UNFREEZE -> calls.unfreeze();
            case PERSIST -> calls.persist(in.readLong());
            case CHECK -> calls.check(in.readLong());
            case RESTORE -> calls.restore(in.readLong());
            case DESTROY -> calls.destroy(in.readBoolean());
            case PERSISTED -> {
                List<Long> ids = calls.persisted();
                return out -> {
                    out.writeInt(ids.size());
                    for (long each : ids) {
                        out.writeLong(each);
                    }
                };
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
