package io.ddict.manager;

import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Seat;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where a dictionary is, as far as the control group does not know it by itself: it knows the nodes.
 *
 * @param placement name of the function that places the keys; empty if their hash does
 * @param takenOver whether it was kept by an earlier service, and not made
 * @param managers managers on each node
 * @param directories directory of the dictionary on each node, in the order of its parts
 */
record ListedLocation(
        String placement, boolean takenOver, int managers, List<String> directories) {
    static ListedLocation of(DictionaryLocation location) {
        List<Seat> seats = location.seats();
        int first = seats.getFirst().member();
        int managers = (int) seats.stream().filter(seat -> seat.member() == first).count();
        List<String> directories = IntStream.range(0, seats.size() / managers)
                .mapToObj(part -> directory(seats.get(part * managers)))
                .toList();
        return new ListedLocation(
                location.placement(), location.takenOver(), managers, directories);
    }

    private static String directory(Seat seat) {
        return String.valueOf(Path.of(seat.poolDirectory()).getParent());
    }

    /** Directory of a manager's pool. */
    String poolDirectory(int manager) {
        return directories.get(manager / managers) + "/" + manager;
    }

    byte[] bytes() {
        return Fields.bytes(out -> {
            Fields.writeText(out, placement);
            out.writeBoolean(takenOver);
            out.writeInt(managers);
            Fields.writeTexts(out, directories);
        });
    }

    static ListedLocation of(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return new ListedLocation(
                    Fields.readText(in), in.readBoolean(), in.readInt(), Fields.readTexts(in));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
