package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a dictionary's managers are, as a node service tells.
 *
 * @param member number of the service that tells it; the managers of this number have their pools on this
 *     machine
 * @param seats where each manager is, by its number
 * @param placement name of the function that places the keys; empty if their hash does
 * @param takenOver whether it was kept by an earlier service, and not made
 */
public record DictionaryLocation(
        String name, int member, List<Seat> seats, String placement, boolean takenOver) {
    /** Whether a manager's pool is on this machine. */
    public boolean isHere(int manager) {
        return seats.get(manager).member() == member;
    }

    /** Directory of a manager's pool, on its machine. */
    public Path poolDirectory(int manager) {
        return Path.of(seats.get(manager).poolDirectory());
    }

    /** The same, told by another service. */
    public DictionaryLocation by(int teller) {
        return new DictionaryLocation(name, teller, seats, placement, takenOver);
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, name);
        out.writeInt(member);
        out.writeInt(seats.size());
        for (Seat each : seats) {
            each.write(out);
        }
        Fields.writeText(out, placement);
        out.writeBoolean(takenOver);
    }

    /** Reads it. */
    public static DictionaryLocation read(DataInputStream in) throws IOException {
        String name = Fields.readText(in);
        int member = in.readInt();
        List<Seat> seats = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            seats.add(Seat.read(in));
        }
        return new DictionaryLocation(
                name, member, List.copyOf(seats), Fields.readText(in), in.readBoolean());
    }
}
