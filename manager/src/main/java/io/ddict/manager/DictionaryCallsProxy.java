package io.ddict.manager;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A dictionary that another node service answers for, or that service's part of one.
 *
 * @param connection to the service, for each call anew: it may have been lost, and made again
 * @param isAlive whether the cluster takes that service for alive
 * @param isPart whether calls concern that service's part alone
 */
record DictionaryCallsProxy(
        Supplier<NodeConnection> connection, BooleanSupplier isAlive, String name, boolean isPart)
        implements
            DictionaryCalls {
    // Longer than the service takes by itself, so that its own error is what the caller sees.
    private static final Duration TIMEOUT = Duration.ofSeconds(25);
    // The client that asked gives up before, if it has less patience.
    private static final Duration DISK_TIMEOUT = Duration.ofHours(1);

    @Override
    public void freeze() throws IOException {
        call(Request.FREEZE, TIMEOUT, out -> {}).close();
    }

    @Override
    public void unfreeze() throws IOException {
        call(Request.UNFREEZE, TIMEOUT, out -> {}).close();
    }

    @Override
    public void persist(long checkpoint) throws IOException {
        call(Request.PERSIST, DISK_TIMEOUT, out -> out.writeLong(checkpoint)).close();
    }

    @Override
    public List<Long> persisted() throws IOException {
        try (DataInputStream answer = call(Request.PERSISTED, TIMEOUT, out -> {})) {
            return Fields.readLongs(answer);
        }
    }

    @Override
    public void beginRestore(long checkpoint) throws IOException {
        call(Request.BEGIN_RESTORE, DISK_TIMEOUT, out -> out.writeLong(checkpoint)).close();
    }

    @Override
    public void loadRestored(long checkpoint) throws IOException {
        call(Request.LOAD_RESTORED, DISK_TIMEOUT, out -> out.writeLong(checkpoint)).close();
    }

    @Override
    public void endRestore(boolean keep) throws IOException {
        call(Request.END_RESTORE, DISK_TIMEOUT, out -> out.writeBoolean(keep)).close();
    }

    @Override
    public void restore(long checkpoint) throws IOException {
        call(Request.RESTORE, DISK_TIMEOUT, out -> out.writeLong(checkpoint)).close();
    }

    @Override
    public long advance() throws IOException {
        try (DataInputStream answer = call(Request.ADVANCE, DISK_TIMEOUT, out -> {})) {
            return answer.readLong();
        }
    }

    @Override
    public void destroy(boolean keep) throws IOException {
        call(Request.DESTROY, TIMEOUT, out -> out.writeBoolean(keep)).close();
    }

    @Override
    public boolean isGone() {
        return !isAlive.getAsBoolean();
    }

    private DataInputStream call(Request request, Duration timeout, Frames.Writer operands) {
        return connection.get().call(isPart ? Request.PART : request, timeout, out -> {
            if (isPart) {
                out.writeByte(request.ordinal());
            }
            Fields.writeText(out, name);
            operands.write(out);
        });
    }
}
