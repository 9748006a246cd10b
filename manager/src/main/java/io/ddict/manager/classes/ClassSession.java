package io.ddict.manager.classes;

import io.ddict.client.protocol.ClassPathEntry;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What one client asks and sends of its class path; what it has not sent whole is dropped with it. */
public final class ClassSession implements AutoCloseable {
    private final ClassStore store;
    private volatile boolean closed;

    ClassSession(ClassStore store) {
        this.store = store;
    }

    /** Whether a request may take so long that others are not to wait for it. */
    public static boolean takesLong(byte request) {
        return request >= Request.CLASSES_FIND.ordinal()
                && request <= Request.CLASSES_END.ordinal();
    }

    /** Does what is asked, and returns the answer. */
    public Frames.Writer handle(Request request, DataInputStream in) throws IOException {
        return switch (request) {
            case CLASSES_FIND -> find(in);
            case CLASSES_BEGIN -> {
                long number = begin(ClassPathEntry.read(in));
                yield out -> out.writeLong(number);
            }
            case CLASSES_PIECE -> {
                store.add(this, in.readLong(), Fields.readBytes(in));
                yield out -> {};
            }
            case CLASSES_END -> {
                store.end(this, in.readLong());
                yield out -> {};
            }
            default -> throw new IllegalArgumentException("unknown request: request=" + request);
        };
    }

    // The client may have ended while it waited for its turn.
    private long begin(ClassPathEntry entry) throws IOException {
        long number = store.begin(this, entry);
        if (closed) {
            store.abandon(this);
        }
        return number;
    }

    private Frames.Writer find(DataInputStream in) throws IOException {
        List<String> paths = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            paths.add(store.find(ClassPathEntry.read(in)));
        }
        return out -> Fields.writeTexts(out, paths);
    }

    @Override
    public void close() {
        closed = true;
        store.abandon(this);
    }
}
