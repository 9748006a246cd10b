package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.ControlClient;
import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Seat;
import io.ddict.manager.cluster.ClusterState;
import io.ddict.manager.cluster.ControlGroup;
import io.ddict.manager.cluster.ControlMember;
import io.ddict.manager.cluster.ControlSettings;
import io.ddict.manager.cluster.Duties;
import io.ddict.manager.cluster.Listing;
import io.ddict.manager.cluster.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The node services of a cluster that others can join, by what its control group agrees on. */
final class ClusterNodes implements Nodes {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(30);

    private final String cluster;
    private final ControlGroup group;
    private final Map<NodeAddress, ControlClient> clients;

    private ClusterNodes(
            String cluster, ControlGroup group, Map<NodeAddress, ControlClient> clients) {
        this.cluster = cluster;
        this.group = group;
        this.clients = clients;
    }

    /**
     * Founds a control group, or joins one.
     *
     * @param self this service
     * @param directory for what the group keeps
     * @param join where a member listens; null to found
     * @throws DDictException with status UNAVAILABLE if that is not possible
     */
    static ClusterNodes start(
            String cluster,
            ControlMember self,
            ClusterSecret secret,
            Path directory,
            @Nullable NodeAddress join) {
        Map<NodeAddress, ControlClient> clients = new ConcurrentHashMap<>();
        ControlSettings settings = ControlSettings.in(directory);
        ControlGroup group = join == null
                ? ControlGroup.found(self, settings,
                        (to, request, timeout) -> call(clients, cluster, secret, to, request,
                                timeout))
                : ControlGroup.join(self, settings, join, (to, request, timeout) -> call(clients,
                        cluster, secret, to, request, timeout), JOIN_TIMEOUT);
        ClusterNodes made = new ClusterNodes(cluster, group, clients);
        group.onChange(made::closeClients);
        return made;
    }

    private static byte[] call(
            Map<NodeAddress, ControlClient> clients,
            String cluster,
            ClusterSecret secret,
            NodeAddress to,
            byte[] request,
            Duration timeout)
            throws IOException {
        ControlClient client = clients.computeIfAbsent(
                to, address -> new ControlClient(cluster, address, secret));
        try {
            return client.call(request, timeout);
        } catch (DDictException | IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    // Those of nodes that have gone; who calls one just then tries again.
    private void closeClients(ClusterState state) {
        List<NodeAddress> living = state.living().stream().map(Member::address).toList();
        clients.forEach((address, client) -> {
            if (!living.contains(address) && clients.remove(address, client)) {
                client.close();
            }
        });
    }

    /** Handles what other services ask. */
    byte[] handle(byte[] request) {
        return group.handle(request);
    }

    @Override
    public int self() {
        return group.number();
    }

    @Override
    public List<MemberEntry> members() {
        return living().stream()
                .map(each -> new MemberEntry(
                        each.number(), each.host(), each.address().toString(),
                        each.number() == self(), group.peers().contains(each.number())))
                .toList();
    }

    // This one first, and then always in the same order, so that a program that is started again on the same
    // machines finds what it left on them.
    private List<Member> living() {
        List<Member> living = new ArrayList<>(group.state().living());
        living.sort(Comparator.comparing(Member::host).thenComparingInt(Member::number));
        int own = IntStream.range(0, living.size())
                .filter(index -> living.get(index).number() == self())
                .findFirst()
                .orElse(0);
        Collections.rotate(living, -own);
        return living;
    }

    @Override
    public Seat seat(String poolDirectory) {
        return seat(group.state(), self(), poolDirectory);
    }

    private static Seat seat(ClusterState state, int number, String poolDirectory) {
        Member member = state.member(number)
                .orElseThrow(() -> new ManagerLostException("no such node: member=" + number));
        return new Seat(
                number, member.host(), member.address().toString(), member.processId(),
                poolDirectory);
    }

    @Override
    public List<Integer> choose(int count) {
        List<Integer> living = living().stream().map(Member::number).toList();
        if (count > living.size()) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "cluster has fewer nodes: wanted=" + count + ", nodes=" + living.size()
                            + "; run the program by ddict run on more hosts, or lower nodes");
        }
        return living.subList(0, count);
    }

    @Override
    public NodeConnection connection(int member) {
        Optional<Member> known = group.state().member(member).filter(Member::isAlive);
        String address = known
                .orElseThrow(() -> new ManagerLostException(
                        "node service has ended: member=" + member + ", cluster=" + cluster))
                .address()
                .toString();
        return Members.connection(cluster, address);
    }

    @Override
    public boolean isAlive(int member) {
        return group.state().isAlive(member);
    }

    @Override
    public void enter(DictionaryLocation location) {
        List<Integer> seats = location.seats().stream().map(Seat::member).toList();
        Listing _ = group.claim(
                location.name(), seats, ListedLocation.of(location).bytes(), TIMEOUT);
    }

    @Override
    public void remove(String name) {
        group.release(name, TIMEOUT);
    }

    @Override
    public @Nullable DictionaryLocation find(String name) {
        ClusterState known = group.state();
        // It may have been made a moment ago by another service.
        ClusterState state =
                known.dictionary(name).isPresent() ? known : group.refreshed(TIMEOUT);
        return state.dictionary(name).map(listing -> location(state, listing)).orElse(null);
    }

    private DictionaryLocation location(ClusterState state, Listing listing) {
        ListedLocation listed = ListedLocation.of(listing.properties());
        List<Seat> seats = new ArrayList<>();
        for (int manager = 0; manager < listing.seats().size(); manager++) {
            seats.add(seat(
                    state, listing.seats().get(manager), listed.poolDirectory(manager)));
        }
        return new DictionaryLocation(
                listing.name(), self(), List.copyOf(seats), listed.placement(),
                listed.takenOver());
    }

    @Override
    public List<String> names() {
        return group.refreshed(TIMEOUT).dictionaries().stream()
                .map(Listing::name)
                .sorted()
                .toList();
    }

    @Override
    public boolean holdsLease() {
        return group.holdsLease();
    }

    @Override
    public void serve(Duties duties) {
        group.serve(duties);
    }

    @Override
    public void leave() {
        group.leave();
    }

    @Override
    public void close() {
        group.close();
        clients.values().forEach(ControlClient::close);
    }
}
