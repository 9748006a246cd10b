package io.ddict.store.table;

import net.openhft.chronicle.algo.hashing.LongHashFunction;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.bytes.RandomDataOutput;
import net.openhft.chronicle.hash.AbstractData;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.serialization.DataAccess;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.jspecify.annotations.Nullable;

/** A key of the table: a hash, in an object that is used again for every call. */
final class TableKey {
    long hash;

    /** How Chronicle sees the key: eight bytes, which are their own hash. */
    static final class Access extends AbstractData<TableKey>
            implements DataAccess<TableKey>, SizedReader<TableKey> {
        private final BytesStore<?, ?> bytes = BytesStore.wrap(new byte[Long.BYTES]);
        private TableKey key = new TableKey();

        @Override
        public RandomDataInput bytes() {
            bytes.writeLong(0, key.hash);
            return bytes;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public long size() {
            return Long.BYTES;
        }

        @Override
        public TableKey get() {
            return key;
        }

        @Override
        public TableKey getUsing(@Nullable TableKey using) {
            TableKey target = using == null ? new TableKey() : using;
            target.hash = key.hash;
            return target;
        }

        @Override
        public long hash(LongHashFunction function) {
            return key.hash;
        }

        @Override
        public boolean equivalent(RandomDataInput source, long sourceOffset) {
            return source.readLong(sourceOffset) == key.hash;
        }

        @Override
        @SuppressWarnings("rawtypes") // as Chronicle declares it
        public void writeTo(RandomDataOutput target, long targetOffset) {
            target.writeLong(targetOffset, key.hash);
        }

        @Override
        public Data<TableKey> getData(TableKey instance) {
            key = instance;
            return this;
        }

        @Override
        public void uninit() {
            // The key is reused; nothing to let go.
        }

        @Override
        public DataAccess<TableKey> copy() {
            return new Access();
        }

        @Override
        public TableKey read(Bytes<?> in, long size, @Nullable TableKey using) {
            TableKey target = using == null ? new TableKey() : using;
            target.hash = in.readLong();
            return target;
        }

        @Override
        public void readMarshallable(WireIn wire) {
            // No state.
        }

        @Override
        public void writeMarshallable(WireOut wire) {
            // No state.
        }
    }
}
