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

/** A value of the table: an ordinal, in an object that is used again for every call. */
final class TableOrdinal {
    int ordinal;

    /** How Chronicle sees the value: four bytes. */
    static final class Access extends AbstractData<TableOrdinal>
            implements DataAccess<TableOrdinal>, SizedReader<TableOrdinal> {
        private final BytesStore<?, ?> bytes = BytesStore.wrap(new byte[Integer.BYTES]);
        private TableOrdinal value = new TableOrdinal();

        @Override
        public RandomDataInput bytes() {
            bytes.writeInt(0, value.ordinal);
            return bytes;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public long size() {
            return Integer.BYTES;
        }

        @Override
        public TableOrdinal get() {
            return value;
        }

        @Override
        public TableOrdinal getUsing(@Nullable TableOrdinal using) {
            TableOrdinal target = using == null ? new TableOrdinal() : using;
            target.ordinal = value.ordinal;
            return target;
        }

        @Override
        public long hash(LongHashFunction function) {
            return function.hashInt(value.ordinal);
        }

        @Override
        public boolean equivalent(RandomDataInput source, long sourceOffset) {
            return source.readInt(sourceOffset) == value.ordinal;
        }

        @Override
        @SuppressWarnings("rawtypes") // as Chronicle declares it
        public void writeTo(RandomDataOutput target, long targetOffset) {
            target.writeInt(targetOffset, value.ordinal);
        }

        @Override
        public Data<TableOrdinal> getData(TableOrdinal instance) {
            value = instance;
            return this;
        }

        @Override
        public void uninit() {
            // The value is reused; nothing to let go.
        }

        @Override
        public DataAccess<TableOrdinal> copy() {
            return new Access();
        }

        @Override
        public TableOrdinal read(Bytes<?> in, long size, @Nullable TableOrdinal using) {
            TableOrdinal target = using == null ? new TableOrdinal() : using;
            target.ordinal = in.readInt();
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
