package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * A dictionary that is registered with the cluster.
 *
 * @param name its name, unique while any of its seats is alive
 * @param seats for each manager, the {@link Member#number} of the node service that holds it
 * @param epoch the state's version with which it was registered: a name that is registered again has a
 *     larger one
 * @param properties what its makers noted; not looked into, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent")
public record Listing(String name, List<Integer> seats, long epoch, byte[] properties) {
    /** Copies the seats. */
    public Listing {
        seats = List.copyOf(seats);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Listing that
                && name.equals(that.name)
                && seats.equals(that.seats)
                && epoch == that.epoch
                && Arrays.equals(properties, that.properties);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Long.hashCode(epoch);
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, name);
        Fields.writeNumbers(out, seats);
        out.writeLong(epoch);
        Fields.writeBytes(out, properties);
    }

    /** Reads it. */
    static Listing read(DataInputStream in) throws IOException {
        return new Listing(
                Fields.readText(in), Fields.readNumbers(in), in.readLong(), Fields.readBytes(in));
    }
}
