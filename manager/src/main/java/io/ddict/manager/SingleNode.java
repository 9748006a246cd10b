package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.Seat;
import io.ddict.manager.cluster.Duties;
import io.ddict.store.pool.PoolStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A service that is alone in its cluster, and can stay so: nobody else needs to know anything. */
final class SingleNode implements Nodes {
    private static final int SELF = 0;

    private final String host;
    private final Map<String, DictionaryLocation> dictionaries = new ConcurrentHashMap<>();

    SingleNode(String host) {
        this.host = host;
    }

    @Override
    public int self() {
        return SELF;
    }

    @Override
    public List<MemberEntry> members() {
        return List.of(new MemberEntry(SELF, host, "", true, true));
    }

    @Override
    public Seat seat(String poolDirectory) {
        return new Seat(SELF, host, "", ProcessHandle.current().pid(), poolDirectory);
    }

    @Override
    public List<Integer> choose(int count) {
        if (count > 1) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "cluster has fewer nodes: wanted="
                            + count
                            + ", nodes=1; run the program by ddict run -N "
                            + count
                            + ", or lower nodes");
        }
        return List.of(SELF);
    }

    @Override
    public NodeConnection connection(int member) {
        throw new IllegalArgumentException("no such member: member=" + member);
    }

    @Override
    public boolean isAlive(int member) {
        return member == SELF;
    }

    @Override
    public void enter(DictionaryLocation location) {
        dictionaries.put(location.name(), location);
    }

    @Override
    public void remove(String name) {
        dictionaries.remove(name);
    }

    @Override
    public @Nullable DictionaryLocation find(String name) {
        return dictionaries.get(name);
    }

    @Override
    public List<String> names() {
        return dictionaries.keySet().stream().sorted().toList();
    }

    @Override
    public boolean holdsLease() {
        return true;
    }

    @Override
    public void serve(Duties duties) {
        duties.renewed(PoolStatus.NO_LEASE);
    }

    @Override
    public void leave() {}

    @Override
    public void close() {}
}
