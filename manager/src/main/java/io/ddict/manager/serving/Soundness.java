package io.ddict.manager.serving;

import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;

/** Whether the bytes of a posted operation, which other processes write, can be one. */
final class Soundness {
    private final boolean isVersioned;
    private final long dataLength;

    Soundness(boolean isVersioned, long dataLength) {
        this.isVersioned = isVersioned;
        this.dataLength = dataLength;
    }

    /** Whether an operation is one, and lies within so many bytes; its block is to be looked at yet. */
    boolean isSound(Operation operation, long lengthMax) {
        if (operation.keyLength() < 0 || operation.keyLength() > PoolGeometry.KEY_LENGTH_MAX) {
            return false;
        }
        boolean isStored = Operation.mayStore(operation.kind());
        if (isStored && !isTagSound(operation) || !isCoordinationSound(operation)) {
            return false;
        }
        if (operation.block() != 0) {
            return (hasValue(operation.kind()) || operation.kind() == Operation.RETURN_BLOCK)
                    && operation.valueLength() >= 0
                    && operation.valueLength() <= dataLength;
        }
        long valueLength = hasValue(operation.kind()) ? operation.valueLength() : 0;
        return valueLength >= 0
                && valueLength <= PoolGeometry.INLINE_LENGTH_MAX
                && Operation.length(operation.keyLength(), valueLength) <= lengthMax
                && (!isStored
                        || operation.kind() == Operation.GET_AND_ADD
                        || SizeClasses.isSmall(operation.keyLength(), valueLength));
    }

    // Of a value's own tags clients write two.
    private boolean isTagSound(Operation operation) {
        byte tag = operation.valueTag();
        boolean isPut = operation.kind() == Operation.PUT;
        return switch (tag) {
            case RecordLayout.TAG_EXPIRING -> isPut
                    && !isVersioned
                    && operation.valueLength() >= RecordLayout.EXPIRY_LENGTH;
            case RecordLayout.TAG_LENT -> isPut
                    && operation.block() == 0
                    && operation.flags() == 0
                    && operation.valueLength() == RecordLayout.LENT_LENGTH;
            default -> tag >= 0;
        };
    }

    private static boolean hasValue(byte kind) {
        return kind == Operation.PUT
                || kind == Operation.AWAIT_VALUE
                || kind == Operation.ADD_WITHIN
                || kind == Operation.OFFER;
    }

    // What lets processes wait for each other is for pools of one checkpoint.
    private boolean isCoordinationSound(Operation operation) {
        return switch (operation.kind()) {
            case Operation.ADD_WITHIN ->
                    !isVersioned && operation.block() == 0
                            && operation.valueLength() == Operation.BOUNDS_LENGTH;
            case Operation.OFFER, Operation.TAKE, Operation.QUEUE_SIZE, Operation.DROP_QUEUE,
                    Operation.OPEN_LANE, Operation.WAKE_TAKER ->
                    !isVersioned && operation.keyLength() == Operation.QUEUE_KEY_LENGTH;
            default -> true;
        };
    }
}
