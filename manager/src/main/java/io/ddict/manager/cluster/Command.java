package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.UUID;

/** What is asked of the {@link ClusterMachine}; an entry of the replicated log. */
sealed interface Command {
    /** Writes it. */
    void write(DataOutputStream out) throws IOException;

    /** A node service joins; the identity is made anew for each life, and lets it ask again. */
    record Join(UUID identity, String host, NodeAddress address, long processId)
            implements
                Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(0);
            out.writeLong(identity.getMostSignificantBits());
            out.writeLong(identity.getLeastSignificantBits());
            Fields.writeText(out, host);
            Member.writeAddress(out, address);
            out.writeLong(processId);
        }
    }

    /**
     * The leader of a term has seen that a member's lease is over. Void in a later term, as that member may
     * have been given a lease by another leader meanwhile; void also when it has come back.
     */
    record Die(Member.Life life, long term) implements Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(1);
            out.writeInt(life.number());
            out.writeLong(life.epoch());
            out.writeLong(term);
        }
    }

    /** A member has given up its lease. */
    record Leave(Origin origin) implements Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(2);
            origin.write(out);
        }
    }

    /** A member that was taken for dead is there again, and holds no lease. */
    record Return(Origin origin) implements Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(5);
            origin.write(out);
        }
    }

    /** A member registers a dictionary. */
    record Claim(Origin origin, Listing listing) implements Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(3);
            origin.write(out);
            listing.write(out);
        }

        /** The same with the epoch that it is to have. */
        Listing at(long epoch) {
            return new Listing(listing.name(), listing.seats(), epoch, listing.properties());
        }
    }

    /** A member frees a dictionary's name. */
    record Release(Origin origin, String name) implements Command {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(4);
            origin.write(out);
            Fields.writeText(out, name);
        }
    }

    /**
     * Which of a member's commands it is, as one may arrive more than once, and late.
     *
     * @param number the member
     * @param sequence grows with each command of that member, which has one at a time on its way
     */
    record Origin(int number, long sequence) {
        void write(DataOutputStream out) throws IOException {
            out.writeInt(number);
            out.writeLong(sequence);
        }

        static Origin read(DataInputStream in) throws IOException {
            return new Origin(in.readInt(), in.readLong());
        }
    }

    /** Reads one. */
    static Command read(DataInputStream in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case 0 ->
                    new Join(
                            new UUID(in.readLong(), in.readLong()), Fields.readText(in),
                            Member.readAddress(in), in.readLong());
            case 1 -> new Die(new Member.Life(in.readInt(), in.readLong()), in.readLong());
            case 2 -> new Leave(Origin.read(in));
            case 3 -> new Claim(Origin.read(in), Listing.read(in));
            case 4 -> new Release(Origin.read(in), Fields.readText(in));
            case 5 -> new Return(Origin.read(in));
            default -> throw new IOException("unknown command: kind=" + kind);
        };
    }
}
