package io.ddict.manager.cluster;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What all nodes agree on, at one moment; immutable.
 *
 * @param version grows by one with each change
 * @param members those alive, and the newest of those that died, in the order in which they joined
 * @param dictionaries in the order in which they were registered
 */
public record ClusterState(long version, List<Member> members, List<Listing> dictionaries) {
    /** Of a cluster that nobody has joined. */
    public static final ClusterState EMPTY = new ClusterState(0, List.of(), List.of());

    /** Copies the lists. */
    public ClusterState {
        members = List.copyOf(members);
        dictionaries = List.copyOf(dictionaries);
    }

    /** The member of a number; empty if there was none, or it died long ago. */
    public Optional<Member> member(int number) {
        return members.stream().filter(each -> each.number() == number).findFirst();
    }

    /** Whether the member of a number is alive. */
    public boolean isAlive(int number) {
        return member(number).map(Member::isAlive).orElse(false);
    }

    /** The members that are alive, in the order in which they joined. */
    public List<Member> living() {
        return members.stream().filter(Member::isAlive).toList();
    }

    /** The dictionary of a name, whether its seats are alive or not. */
    public Optional<Listing> dictionary(String name) {
        return dictionaries.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** Whether a member is a seat of the dictionary of a name. */
    public boolean hasSeat(String name, int number) {
        return dictionary(name).map(listing -> listing.seats().contains(number)).orElse(false);
    }

    /** Whether any of a dictionary's seats is alive. */
    public boolean isAlive(Listing listing) {
        return listing.seats().stream().anyMatch(this::isAlive);
    }

    /** The state after a change. */
    ClusterState with(Change change) {
        if (change.version() != version + 1) {
            throw new IllegalArgumentException(
                    "change does not follow: version=" + version + ", change=" + change);
        }
        return switch (change) {
            case Change.OfMember(long next, Member member) ->
                    new ClusterState(
                            next, replaced(members, m -> m.number() == member.number(), member),
                            dictionaries);
            case Change.Forgotten(long next, int number) ->
                    new ClusterState(
                            next, without(members, m -> m.number() == number), dictionaries);
            case Change.OfListing(long next, Listing listing) ->
                    new ClusterState(
                            next, members,
                            replaced(dictionaries, d -> d.name().equals(listing.name()), listing));
            case Change.Released(long next, String name) ->
                    new ClusterState(
                            next, members, without(dictionaries, d -> d.name().equals(name)));
        };
    }

    private static <T> List<T> replaced(List<T> list, Predicate<T> old, T row) {
        List<T> copy = new ArrayList<>(list);
        for (int i = 0; i < copy.size(); i++) {
            if (old.test(copy.get(i))) {
                copy.set(i, row);
                return copy;
            }
        }
        copy.add(row);
        return copy;
    }

    private static <T> List<T> without(List<T> list, Predicate<T> old) {
        return list.stream().filter(old.negate()).toList();
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        out.writeLong(version);
        out.writeInt(members.size());
        for (Member each : members) {
            each.write(out);
        }
        out.writeInt(dictionaries.size());
        for (Listing each : dictionaries) {
            each.write(out);
        }
    }

    /** Reads it. */
    static ClusterState read(DataInputStream in) throws IOException {
        long version = in.readLong();
        List<Member> members = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            members.add(Member.read(in));
        }
        List<Listing> dictionaries = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            dictionaries.add(Listing.read(in));
        }
        return new ClusterState(version, members, dictionaries);
    }
}
