package io.ddict.manager;

import io.ddict.client.DDictStats;
import io.ddict.client.channel.shm.PoolFigures;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.ManagerFigures;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What can be told of a dictionary's pools on this node by their files, for those on other nodes. */
final class PoolsHere {
    private PoolsHere() {}

    /** How many managers there are here, and the number and figures of each. */
    static Frames.Writer figures(DictionaryLocation location) {
        List<DDictStats.Manager> managers = here(location)
                .mapToObj(manager -> PoolFigures.read(manager, location.poolDirectory(manager)))
                .toList();
        return out -> {
            out.writeInt(managers.size());
            for (DDictStats.Manager each : managers) {
                out.writeInt(each.manager());
                ManagerFigures.write(each, out);
            }
        };
    }

    /** Walks the pools; nobody should write meanwhile. */
    static Frames.Writer verify(DictionaryLocation location) throws IOException {
        List<VerifiedPool> pools = new ArrayList<>();
        for (int manager : here(location).toArray()) {
            pools.add(new VerifiedPool(
                    manager, location.poolDirectory(manager).toString(),
                    PoolVerifier.verify(location.poolDirectory(manager))));
        }
        return out -> VerifiedPool.writeAll(pools, out);
    }

    private static IntStream here(DictionaryLocation location) {
        return IntStream.range(0, location.seats().size()).filter(location::isHere);
    }
}
