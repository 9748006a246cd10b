package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** One step from a state to the next. */
sealed interface Change {
    /** The state's version after it. */
    long version();

    /** Writes it. */
    void write(DataOutputStream out) throws IOException;

    /** A member is new, or its row changes. */
    record OfMember(long version, Member member) implements Change {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(0);
            out.writeLong(version);
            member.write(out);
        }
    }

    /** A member that died long ago is not remembered any more. */
    record Forgotten(long version, int number) implements Change {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(1);
            out.writeLong(version);
            out.writeInt(number);
        }
    }

    /** A dictionary is new, or its row changes. */
    record OfListing(long version, Listing listing) implements Change {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(2);
            out.writeLong(version);
            listing.write(out);
        }
    }

    /** A dictionary's name is free. */
    record Released(long version, String name) implements Change {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(3);
            out.writeLong(version);
            Fields.writeText(out, name);
        }
    }

    /** Reads one. */
    static Change read(DataInputStream in) throws IOException {
        int kind = in.readByte();
        long version = in.readLong();
        return switch (kind) {
            case 0 -> new OfMember(version, Member.read(in));
            case 1 -> new Forgotten(version, in.readInt());
            case 2 -> new OfListing(version, Listing.read(in));
            case 3 -> new Released(version, Fields.readText(in));
            default -> throw new IOException("unknown change: kind=" + kind);
        };
    }
}
